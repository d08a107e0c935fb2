// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/readwritelock.h>

#include <heddle/core/error.h>
#include <heddle/core/spin.h>

namespace heddle {

ReadWriteLock::ReadWriteLock(std::string_view name)
    : m_object(trace::ObjectKind::Mutex, name)
{}

ReadWriteLock::~ReadWriteLock()
{
    // Whom unlock() let in may come here while unlock() is still at work under the mutex.
    const std::lock_guard lock(m_mutex);
    Q_ASSERT_X(m_word.load() == 0, "heddle::ReadWriteLock", "destroyed while it is locked");
}

Outcome ReadWriteLock::lockForRead(std::stop_token stop)
{
    return lockUntil(Access::Read, WaitPoint::Forever, stop);
}

Outcome ReadWriteLock::lockForReadFor(std::chrono::nanoseconds timeout, std::stop_token stop)
{
    return lockUntil(Access::Read, WaitPoint::deadline(timeout, "ReadWriteLock::lockForReadFor"),
                     stop);
}

bool ReadWriteLock::tryLockForRead()
{
    return tryLock(Access::Read);
}

Outcome ReadWriteLock::lockForWrite(std::stop_token stop)
{
    return lockUntil(Access::Write, WaitPoint::Forever, stop);
}

Outcome ReadWriteLock::lockForWriteFor(std::chrono::nanoseconds timeout, std::stop_token stop)
{
    return lockUntil(Access::Write, WaitPoint::deadline(timeout, "ReadWriteLock::lockForWriteFor"),
                     stop);
}

bool ReadWriteLock::tryLockForWrite()
{
    return tryLock(Access::Write);
}

bool ReadWriteLock::tryLock(Access access)
{
    bool taken = takeUncontended(access);
    if (!taken) {
        throwIfWriter();
        // That somebody waited does not tell whether somebody still has to.
        const std::lock_guard lock(m_mutex);
        taken = takeUnderMutex(access, false);
    }
    if (taken)
        noteHolder(access);
    return taken;
}

bool ReadWriteLock::takeUncontended(Access access)
{
    quint64 word = m_word.load(std::memory_order_relaxed);
    while (allows(word, access) && !(word & HasWaiters)) {
        // Acquire: pairs with the unlocks.
        if (m_word.compare_exchange_weak(word, with(word, access), std::memory_order_acquire,
                                         std::memory_order_relaxed))
            return true;
    }
    return false;
}

// If it cannot be taken, those who unlock know now that somebody waits.
bool ReadWriteLock::takeUnderMutex(Access access, bool mark)
{
    quint64 word = m_word.load(std::memory_order_relaxed);
    while (true) {
        const bool isFree = allows(word, access) && m_waitingWriters == 0;
        const quint64 next = isFree ? with(word, access) : mark ? word | HasWaiters : word;
        // Acquire: pairs with the unlocks.
        if (next == word
            || m_word.compare_exchange_weak(word, next, std::memory_order_acquire,
                                            std::memory_order_relaxed))
            return isFree;
    }
}

Outcome ReadWriteLock::lockUntil(Access access, WaitPoint::Deadline deadline,
                                 const std::stop_token &stop)
{
    if (takeUncontended(access)) {
        noteHolder(access);
        return Outcome::Done;
    }
    throwIfWriter();
    if (!trace::ThreadWriter::isRecording() && spinUntil([&] { return takeUncontended(access); })) {
        noteHolder(access);
        return Outcome::Done;
    }

    Wakes wakes;
    std::unique_lock lock(m_mutex);
    bool isFirstAttempt = true;
    bool isIn = false;
    const WaitPoint::Result result = m_waiters.wait(
            lock, m_object.id(), trace::WaitReason::Lock, deadline, stop,
            [&] { return isIn || (isIn = takeGrant(access)); }, [] { return false; },
            [&] {
                if (isFirstAttempt) {
                    isFirstAttempt = false;
                    isIn = takeUnderMutex(access, true);
                    waiting(access) += !isIn;
                }
                return isIn;
            });
    if (isIn) {
        noteHolder(access);
    } else {
        --waiting(access);
        letIn(false, wakes); // readers may have waited for this writer only
    }
    if (!m_waiters.hasWaiters())
        m_word.fetch_and(~HasWaiters, std::memory_order_relaxed);
    return outcomeOf(result);
}

// The lock is handed over: letIn() asks the waiters in turn, and takes it for those that say yes.
bool ReadWriteLock::takeGrant(Access access)
{
    bool &grants = access == Access::Read ? m_grantsReaders : m_grantsOneWriter;
    if (!grants)
        return false;
    if (access == Access::Write)
        grants = false;
    --waiting(access);
    // Release and acquire: hands on what those who unlocked before have done.
    m_word.fetch_add(access == Access::Read ? OneReader : Writing, std::memory_order_acq_rel);
    return true;
}

void ReadWriteLock::letIn(bool readersFirst, Wakes &wakes)
{
    const quint64 word = m_word.load(std::memory_order_relaxed);
    if (word & Writing)
        return;
    if (m_waitingReaders > 0 && (readersFirst || m_waitingWriters == 0)) {
        m_grantsReaders = true;
        m_waiters.wakeAll(wakes);
        m_grantsReaders = false;
    } else if (m_waitingWriters > 0 && readers(word) == 0) {
        m_grantsOneWriter = true;
        m_waiters.wakeOne(wakes);
    }
}

void ReadWriteLock::noteHolder(Access access)
{
    if (access == Access::Read)
        return;
    m_writer.store(ThreadMark::current(), std::memory_order_relaxed);
    if (trace::ThreadWriter::isRecording()) [[unlikely]]
        m_object.count(trace::currentThread());
}

void ReadWriteLock::throwIfWriter() const
{
    if (isHeldForWriteByCurrentThread()) {
        throw Misuse(QStringLiteral("A thread locks what it holds for writing"), name(),
                     QStringLiteral("Unlock it first; it is not recursive"));
    }
}

void ReadWriteLock::throwNotHeld() const
{
    throw Misuse(QStringLiteral("A thread unlocks what it does not hold"), name(),
                 QStringLiteral("Unlock it in the thread that has locked it"));
}

void ReadWriteLock::unlock()
{
    if (isHeldForWriteByCurrentThread())
        unlockForWrite();
    else
        unlockForRead();
}

void ReadWriteLock::unlockForRead()
{
    quint64 word = m_word.load(std::memory_order_relaxed);
    while (readers(word) > 1 || (readers(word) == 1 && !(word & HasWaiters))) {
        // Release: pairs with those who lock it for writing.
        if (m_word.compare_exchange_weak(word, word - OneReader, std::memory_order_release,
                                         std::memory_order_relaxed))
            return;
    }
    unlockForReadSlowly();
}

void ReadWriteLock::unlockForReadSlowly()
{
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    quint64 word = m_word.load(std::memory_order_relaxed);
    // As in unlockForRead(). The last one lets go under the mutex, so that nobody destroys the lock
    // before the end. Acquire: hands on what the other readers have done before they let go.
    do {
        if (readers(word) == 0)
            throwNotHeld();
    } while (!m_word.compare_exchange_weak(word, word - OneReader, std::memory_order_acq_rel,
                                           std::memory_order_relaxed));
    letIn(false, wakes);
}

void ReadWriteLock::unlockForWrite()
{
    m_object.count(0);
    m_writer.store(0, std::memory_order_relaxed);
    quint64 word = Writing;
    // Release: pairs with those who lock it.
    if (m_word.compare_exchange_strong(word, 0, std::memory_order_release,
                                       std::memory_order_relaxed))
        return;
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    // As above; under the mutex, so that nobody destroys the lock before the end.
    m_word.fetch_and(~Writing, std::memory_order_release);
    letIn(true, wakes);
}

int ReadWriteLock::waiterCount() const
{
    const std::lock_guard lock(m_mutex);
    return m_waiters.waiterCount();
}

} // namespace heddle
