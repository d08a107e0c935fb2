// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/processbarrier.h>
#include <heddle/trace/record.h>

#include <QtGlobal>

#include <memory>

namespace heddle {

class AttachmentList;

/// What a HandlerCall enters: something whose attachments can be ended, up to a number.
class CallTarget
{
public:
    CallTarget(const CallTarget &) = delete;
    CallTarget &operator=(const CallTarget &) = delete;

    /// Whether nothing of that attachment may be handled any more.
    [[nodiscard]] bool hasEnded(quint64 attachment) const noexcept
    {
        return attachment <= m_ended.load();
    }

protected:
    CallTarget() = default;
    ~CallTarget() = default;

    std::atomic<quint64> m_ended{0}; ///< attachments up to this one
};

/// The calls of handlers that the calling thread is about to make, where other threads can see
/// them: so they run without a lock, and yet can be waited for.
///
/// Each thread has a frame of memory for each of its sends that nest; it stores there which list it
/// goes through and which handler it is in, as hazard pointers do (M. Michael, "Hazard Pointers:
/// Safe Memory Reclamation for Lock-Free Objects", IEEE TPDS 15(6), 2004). Who ends a subscription
/// or replaces a list looks through the frames of all threads, and marks those that hold it up, so
/// that these tell when they go on. ProcessBarrier puts the cost of the fences on that side.
///
/// Threads: construct, use and destroy in one thread, last first; waitUntilLeft() and retire() any
/// thread. Cost: entering is three stores and two loads of memory that nobody else writes to.
class HEDDLE_ENGINE_EXPORT HandlerCall
{
public:
    HandlerCall()
        : m_frame(s_next ? s_next : newFrame())
    {
        s_next = m_frame->inner.load(std::memory_order_relaxed); // only this thread stores it
    }
    ~HandlerCall()
    {
        ProcessBarrier::store(m_frame->called, nullptr);
        ProcessBarrier::store(m_frame->list, nullptr);
        s_next = m_frame;
        if (m_frame->attention.load() != 0) [[unlikely]]
            attend(*m_frame, Everything);
    }
    HandlerCall(const HandlerCall &) = delete;
    HandlerCall &operator=(const HandlerCall &) = delete;

    /// The list that \a current points to; it lives as long as this object. Once only.
    const AttachmentList &hold(const std::atomic<const AttachmentList *> &current) noexcept
    {
        const AttachmentList *list = current.load();
        while (true) {
            ProcessBarrier::store(m_frame->list, list);
            // It may have been replaced, and found unheld, before the store.
            const AttachmentList *now = current.load();
            if (now == list)
                return *list;
            list = now;
        }
    }

    /// Whether the handler of \a target may be called. If so, it counts as being called until the
    /// next enter() or leave().
    bool enter(const CallTarget &target, quint64 attachment)
    {
        m_frame->attachment.store(attachment, std::memory_order_release); // pairs with isIn()
        ProcessBarrier::store(m_frame->called, &target);
        if (m_frame->attention.load() & LeaveAwaited) [[unlikely]]
            attend(*m_frame, LeaveAwaited);
        if (!target.hasEnded(attachment)) [[likely]]
            return true;
        leave();
        return false;
    }
    void leave()
    {
        ProcessBarrier::store(m_frame->called, nullptr);
        if (m_frame->attention.load() & LeaveAwaited) [[unlikely]]
            attend(*m_frame, LeaveAwaited);
    }

    /// Waits until no other thread is in a handler of \a target for an attachment up to \a last,
    /// which have been ended before. Threads in such a handler that wait themselves, here, for
    /// the calling thread to leave one are not waited for. Blocks; the trace shows \a object.
    /// \throws Misuse when there are such threads, unless the calling thread is in a handler of
    /// \a target too: else it could not know that the handlers have ended.
    static void waitUntilLeft(const CallTarget &target, quint64 last, trace::ObjectId object);

    /// Destroys \a list, which nobody can come to hold any more, as soon as nobody holds it: at
    /// once, or later in a thread that held it. Never blocks.
    static void retire(std::unique_ptr<const AttachmentList> list);

private:
    friend struct HandlerCalls;

    // Why others want to be told.
    static constexpr quint32 LeaveAwaited = 1; ///< somebody waits until the handler is left
    static constexpr quint32 ListAwaited = 2;  ///< the list shall go
    static constexpr quint32 Everything = LeaveAwaited | ListAwaited;
    static constexpr quint32 Borrowed = 4; ///< by a thread that has given its own frames back

    struct alignas(64) Frame
    {
        std::atomic<const CallTarget *> called{nullptr};
        std::atomic<quint64> attachment{0};
        std::atomic<const AttachmentList *> list{nullptr};
        std::atomic<quint32> attention{0};
        std::atomic<Frame *> inner{nullptr}; ///< for a send within this one
        // Of a thread's first frame:
        Frame *next = nullptr;               ///< another thread's first
        bool isOwned = true;                 ///< by a thread
        const CallTarget *awaited = nullptr; ///< what the thread is waiting to be left
        quint64 lastAwaited = 0;             ///< up to that attachment

        [[nodiscard]] bool isIn(const CallTarget &target, quint64 last) const noexcept
        {
            // The number may already be that of the next call; then this one has ended, and
            // acquire, which pairs with enter(), lets us see what it did.
            return called.load() == &target && attachment.load(std::memory_order_acquire) <= last;
        }
    };

    static Frame *newFrame();
    /// Wakes those who wait for what \a frame has left.
    static void attend(Frame &frame, quint32 reasons);

    Frame *m_frame;

#if defined(__GNUC__) && !defined(__MINGW32__)
    // Initial-exec: one instruction instead of a call to find the variable in a shared library.
    __attribute__((tls_model("initial-exec")))
#endif
    static thread_local Frame *s_next; ///< free; null when there is none yet
};

} // namespace heddle
