// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/outcome.h>
#include <heddle/core/threadmark.h>
#include <heddle/core/waitpoint.h>
#include <heddle/trace/object.h>

#include <QString>
#include <QtGlobal>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stop_token>
#include <string_view>

namespace heddle {

/// A lock that several threads hold for reading or one for writing.
///
/// Neither side starves: readers that come while a writer waits wait behind it; when a writer
/// leaves, all readers that wait by then go first, and after them the next writer (phase-fair:
/// Brandenburg and Anderson, "Reader-Writer Synchronization for Shared-Memory Multiprocessor
/// Real-Time Systems", 2009). Not recursive: a thread that holds it for writing and locks it again
/// is told so by Misuse; one that holds it for reading must not lock it again, as a writer may have
/// come in between. Has the functions that std::shared_lock and std::unique_lock want.
///
/// Algorithm: one atomic word holds the number of readers, whether a writer holds it, and whether
/// somebody waits; who lets go while somebody waits hands the lock over under an inner mutex.
///
/// Trace: an object of kind mutex whose counter is the trace::currentThread() of the thread that
/// writes, else 0; a wait for every blocked call with the thread that let go. Threads: any. Cost:
/// one read-modify-write each to lock and to unlock when nobody has to wait. Destroying a locked
/// one is a programming error, asserted in checked builds.
class HEDDLE_ENGINE_EXPORT ReadWriteLock
{
public:
    /// Free. The \a name is what the timeline shows.
    explicit ReadWriteLock(std::string_view name);
    ~ReadWriteLock();
    ReadWriteLock(const ReadWriteLock &) = delete;
    ReadWriteLock &operator=(const ReadWriteLock &) = delete;

    // Of all that lock: \throws Misuse when the calling thread holds it for writing. With a stop
    // token: Done, or Stopped when the stop was requested first. Within a timeout: TimedOut after
    // at least that long; \throws Misuse when it is negative.

    /// Block until the calling thread may read.
    Outcome lockForRead(std::stop_token stop = {});
    /// The same within \a timeout. \throws Misuse when it is negative.
    [[nodiscard]] Outcome lockForReadFor(std::chrono::nanoseconds timeout,
                                         std::stop_token stop = {});
    /// Never blocks.
    [[nodiscard]] bool tryLockForRead();

    /// Block until the calling thread may write.
    Outcome lockForWrite(std::stop_token stop = {});
    /// The same within \a timeout. \throws Misuse when it is negative.
    [[nodiscard]] Outcome lockForWriteFor(std::chrono::nanoseconds timeout,
                                          std::stop_token stop = {});
    /// Never blocks.
    [[nodiscard]] bool tryLockForWrite();

    /// Ends what the calling thread has begun by one of the above. Never blocks. \throws Misuse
    /// when it holds nothing; of a reader only if nobody reads.
    void unlock();

    // The standard's names.
    /// lockForWrite() under the name that std::unique_lock knows.
    void lock() { lockForWrite(); }
    /// tryLockForWrite() under the name that std::unique_lock knows.
    [[nodiscard]] bool try_lock() { return tryLockForWrite(); }
    /// lockForRead() under the name that std::shared_lock knows.
    void lock_shared() { lockForRead(); }
    /// tryLockForRead() under the name that std::shared_lock knows.
    [[nodiscard]] bool try_lock_shared() { return tryLockForRead(); }
    /// unlock() under the name that std::shared_lock knows.
    void unlock_shared() { unlockForRead(); }

    /// For assertions. Never blocks.
    [[nodiscard]] bool isHeldForWriteByCurrentThread() const noexcept
    {
        return m_writer.load(std::memory_order_relaxed) == ThreadMark::current();
    }
    /// How many threads are blocked on it: a snapshot.
    [[nodiscard]] int waiterCount() const;
    [[nodiscard]] QString name() const { return QString::fromUtf8(m_object.name().text()); }
    [[nodiscard]] const trace::Object &object() const { return m_object; }

private:
    enum class Access { Read, Write };

    // The word: two flags and above them the number of readers.
    static constexpr quint64 HasWaiters = 1; ///< changed under the mutex only
    static constexpr quint64 Writing = 2;
    static constexpr quint64 OneReader = 4;
    static constexpr quint64 readers(quint64 word) { return word / OneReader; }
    static constexpr bool allows(quint64 word, Access access)
    {
        return !(word & Writing) && (access == Access::Read || readers(word) == 0);
    }
    static constexpr quint64 with(quint64 word, Access access)
    {
        return access == Access::Read ? word + OneReader : word | Writing;
    }

    bool tryLock(Access access);
    bool takeUncontended(Access access);
    bool takeUnderMutex(Access access, bool mark);
    Outcome lockUntil(Access access, WaitPoint::Deadline deadline, const std::stop_token &stop);
    bool takeGrant(Access access);
    void letIn(bool readersFirst, Wakes &wakes);
    int &waiting(Access access)
    {
        return access == Access::Read ? m_waitingReaders : m_waitingWriters;
    }
    void noteHolder(Access access);
    void throwIfWriter() const;
    void unlockForRead();
    void unlockForReadSlowly();
    void unlockForWrite();
    [[noreturn]] void throwNotHeld() const;

    trace::Object m_object;
    std::atomic<quint64> m_word{0};
    std::atomic<quintptr> m_writer{
            0}; ///< its mark; written by itself, so each thread knows if it is
    mutable std::mutex m_mutex;
    // Who waits and has not been let in yet.
    int m_waitingReaders = 0;
    int m_waitingWriters = 0;
    // Whom letIn() is just letting in.
    bool m_grantsReaders = false;
    bool m_grantsOneWriter = false;
    WaitPoint m_waiters;
};

} // namespace heddle
