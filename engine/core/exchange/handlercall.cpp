// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/handlercall.h>

#include <heddle/core/attachmentlist.h>
#include <heddle/core/error.h>
#include <heddle/core/waitpoint.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace heddle {

/// What all threads share. Frames are used again, and never freed.
struct HandlerCalls
{
    using Frame = HandlerCall::Frame;
    using Lists = std::vector<std::unique_ptr<const AttachmentList>>;

    static HandlerCalls &instance()
    {
        static auto *all = new HandlerCalls; // outlives statics
        return *all;
    }

    Frame *takeFrames();
    static void giveBackOwn();
    bool holdsUp(Frame &first, const CallTarget &target, quint64 last, const Frame *self);
    bool isLeft(const CallTarget &target, quint64 last, const Frame *self);
    bool isIn(const Frame &first, const CallTarget &target, quint64 last) const;
    bool waitsFor(const Frame &first, const Frame &self, std::vector<const Frame *> &seen) const;
    bool isHeld(const AttachmentList &list);
    void takeUnheld(Lists &unheld);

    std::mutex mutex;
    std::atomic<Frame *> first{nullptr}; ///< of the threads; new ones come at the front
    WaitPoint left;
    Lists retired; ///< and still held

    // The calling thread's first frame.
    static thread_local Frame *own;
    static thread_local bool hasEnded;
};

thread_local HandlerCalls::Frame *HandlerCalls::own = nullptr;
thread_local bool HandlerCalls::hasEnded = false;
thread_local HandlerCall::Frame *HandlerCall::s_next = nullptr;

namespace {
// Gives a thread's frames to the next one.
struct ThreadEnd
{
    ThreadEnd() = default;
    ThreadEnd(const ThreadEnd &) = delete;
    ThreadEnd &operator=(const ThreadEnd &) = delete;
    ~ThreadEnd() { HandlerCalls::giveBackOwn(); }
};

// Marks a frame; false if \a isInTheWay no longer holds, so that nobody would tell.
template <typename Condition>
bool markWhile(std::atomic<quint32> &attention, quint32 reason, Condition isInTheWay)
{
    if (!isInTheWay())
        return false;
    if (attention.fetch_or(reason) & reason)
        return true;
    ProcessBarrier::synchronize(); // pairs with what its thread stores before it looks for marks
    return isInTheWay();
}
} // namespace

HandlerCall::Frame *HandlerCall::newFrame()
{
    Frame *&own = HandlerCalls::own;
    if (!own) {
        own = HandlerCalls::instance().takeFrames();
        if (HandlerCalls::hasEnded) {
            own->attention.fetch_or(Borrowed); // for this send; nobody will give it back later
        } else {
            static thread_local ThreadEnd end;
            static_cast<void>(end);
        }
        return own;
    }
    Frame *last = own;
    while (Frame *inner = last->inner.load(std::memory_order_relaxed)) // ours alone to store
        last = inner;
    auto *frame = new Frame;
    last->inner.store(frame);
    return frame;
}

HandlerCall::Frame *HandlerCalls::takeFrames()
{
    const std::lock_guard lock(mutex);
    for (Frame *frame = first.load(); frame; frame = frame->next) {
        if (!std::exchange(frame->isOwned, true))
            return frame;
    }
    auto *frame = new Frame;
    frame->next = first.load();
    first.store(frame);
    return frame;
}

void HandlerCalls::giveBackOwn()
{
    hasEnded = true;
    if (!own || HandlerCall::s_next != own)
        return; // a handler calls exit()
    HandlerCalls &all = instance();
    const std::lock_guard lock(all.mutex);
    own->isOwned = false;
    own = nullptr;
    HandlerCall::s_next = nullptr;
}

void HandlerCall::attend(Frame &frame, quint32 reasons)
{
    HandlerCalls &all = HandlerCalls::instance();
    HandlerCalls::Lists unheld; // goes last: what it lets go may send, or end subscriptions
    Wakes wakes;
    const std::lock_guard lock(all.mutex);
    const quint32 attention = frame.attention.fetch_and(~reasons);
    if (attention & LeaveAwaited)
        all.left.wakeAll(wakes);
    if (attention & reasons & ListAwaited)
        all.takeUnheld(unheld);
    // The end of the send for which it was borrowed.
    if (attention & Borrowed && reasons == Everything) {
        frame.attention.fetch_and(~Borrowed);
        frame.isOwned = false;
        HandlerCalls::own = nullptr;
        s_next = nullptr;
    }
}

bool HandlerCalls::isIn(const Frame &first, const CallTarget &target, quint64 last) const
{
    for (const Frame *frame = &first; frame; frame = frame->inner.load()) {
        if (frame->isIn(target, last))
            return true;
    }
    return false;
}

// Whether the thread of \a first waits here, over others perhaps, for \a self to leave a handler.
bool HandlerCalls::waitsFor(const Frame &waiting, const Frame &self,
                            std::vector<const Frame *> &seen) const
{
    if (!waiting.awaited || std::find(seen.begin(), seen.end(), &waiting) != seen.end())
        return false;
    seen.push_back(&waiting);
    if (isIn(self, *waiting.awaited, waiting.lastAwaited))
        return true;
    for (const Frame *frame = first.load(); frame; frame = frame->next) {
        if (isIn(*frame, *waiting.awaited, waiting.lastAwaited) && waitsFor(*frame, self, seen))
            return true;
    }
    return false;
}

bool HandlerCalls::holdsUp(Frame &thread, const CallTarget &target, quint64 last, const Frame *self)
{
    if (&thread == self)
        return false; // a handler that ends its own subscription cannot wait for itself
    for (Frame *frame = &thread; frame; frame = frame->inner.load()) {
        const auto isInTheWay = [&] { return frame->isIn(target, last); };
        if (!isInTheWay())
            continue;
        if (std::vector<const Frame *> seen; self && waitsFor(thread, *self, seen))
            return false;
        if (markWhile(frame->attention, HandlerCall::LeaveAwaited, isInTheWay))
            return true;
    }
    return false;
}

bool HandlerCalls::isLeft(const CallTarget &target, quint64 last, const Frame *self)
{
    for (Frame *thread = first.load(); thread; thread = thread->next) {
        if (holdsUp(*thread, target, last, self))
            return false;
    }
    return true;
}

void HandlerCall::waitUntilLeft(const CallTarget &target, quint64 last, trace::ObjectId object)
{
    ProcessBarrier::synchronize(); // pairs with enter(): who is not seen in it now will not enter
    HandlerCalls &all = HandlerCalls::instance();
    Frame *self = HandlerCalls::own;
    bool isCalled = false;
    for (Frame *thread = all.first.load(); thread && !isCalled; thread = thread->next)
        isCalled = thread != self && all.isIn(*thread, target, last);
    if (!isCalled)
        return;

    std::unique_lock lock(all.mutex);
    if (self && !all.isIn(*self, target, last)) {
        for (Frame *thread = all.first.load(); thread; thread = thread->next) {
            std::vector<const Frame *> seen;
            if (thread != self && all.isIn(*thread, target, last)
                && all.waitsFor(*thread, *self, seen)) {
                throw Misuse(QStringLiteral("Two handlers would wait for each other's end"),
                             QStringLiteral("Exchange::detachAndWait"),
                             QStringLiteral("Use detach() in handlers that others end"));
            }
        }
    }
    const auto isLeft = [&] { return all.isLeft(target, last, self); };
    if (isLeft())
        return;
    if (self) {
        self->awaited = &target;
        self->lastAwaited = last;
    }
    all.left.wait(lock, object, trace::WaitReason::Condition, WaitPoint::Forever, {}, isLeft,
                  [] { return false; });
    if (self)
        self->awaited = nullptr;
}

bool HandlerCalls::isHeld(const AttachmentList &list)
{
    for (Frame *thread = first.load(); thread; thread = thread->next) {
        for (Frame *frame = thread; frame; frame = frame->inner.load()) {
            if (markWhile(frame->attention, HandlerCall::ListAwaited,
                          [&] { return frame->list.load() == &list; }))
                return true;
        }
    }
    return false;
}

void HandlerCalls::takeUnheld(Lists &unheld)
{
    const auto unheldOnes = std::partition(retired.begin(), retired.end(),
                                           [this](const auto &list) { return isHeld(*list); });
    std::move(unheldOnes, retired.end(), std::back_inserter(unheld));
    retired.erase(unheldOnes, retired.end());
}

void HandlerCall::retire(std::unique_ptr<const AttachmentList> list)
{
    ProcessBarrier::synchronize(); // pairs with hold(): who is not seen to hold it does not
    HandlerCalls &all = HandlerCalls::instance();
    const std::lock_guard lock(all.mutex);
    if (all.isHeld(*list))
        all.retired.push_back(std::move(list));
}

} // namespace heddle
