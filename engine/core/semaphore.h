// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/waitpoint.h>

#include <QString>
#include <QtGlobal>

#include <string_view>

namespace heddle {

/// A number of permits that threads take and give back, as Python's threading.Semaphore.
///
/// Unlike there, several permits can be taken at once. Not fair: who asks for many can be overtaken
/// by those who ask for few.
///
/// Trace: an object of kind semaphore whose counter is the number of free permits; a wait for every
/// blocked call with the thread that released. Threads: any. Destroying one on which a thread is
/// blocked is a programming error, asserted in checked builds.
class HEDDLE_ENGINE_EXPORT Semaphore
{
public:
    /// \a permits are free at the start. \throws Error when that is negative.
    explicit Semaphore(std::string_view name, qsizetype permits = 1);
    virtual ~Semaphore();
    Semaphore(const Semaphore &) = delete;
    Semaphore &operator=(const Semaphore &) = delete;

    // Of all these: \throws Error when \a count or \a timeout is negative.

    /// Takes \a count permits at once. Blocks until they are free. False only when \a stop was
    /// requested first.
    bool acquire(qsizetype count = 1, std::stop_token stop = {});
    /// The same within \a timeout; false on time-out too, and then nothing was taken.
    [[nodiscard]] bool acquireFor(std::chrono::nanoseconds timeout, qsizetype count = 1,
                                  std::stop_token stop = {});
    /// Takes them if they are free. Never blocks.
    [[nodiscard]] bool tryAcquire(qsizetype count = 1);
    /// Gives back \a count permits and wakes up to so many threads. Any thread, whether or not it
    /// took one; never blocks.
    void release(qsizetype count = 1);

    /// Free permits: a snapshot.
    [[nodiscard]] qsizetype available() const;
    /// How many threads are blocked on it: a snapshot.
    [[nodiscard]] int waiterCount() const;
    [[nodiscard]] QString name() const { return QString::fromUtf8(m_object.name().text()); }
    [[nodiscard]] const trace::Object &object() const { return m_object; }

protected:
    /// \a limit: release() may not raise the free permits above it.
    Semaphore(std::string_view name, qsizetype permits, qsizetype limit);

private:
    bool acquireUntil(qsizetype count, WaitPoint::Deadline deadline, const std::stop_token &stop);

    trace::Object m_object;
    const qsizetype m_limit;
    mutable std::mutex m_mutex;
    qsizetype m_available;
    WaitPoint m_waiters;
};

/// A semaphore that reports a release() above its start value, as threading.BoundedSemaphore:
/// release() \throws Error then, and nothing is released. Threads: any.
class HEDDLE_ENGINE_EXPORT BoundedSemaphore final : public Semaphore
{
public:
    explicit BoundedSemaphore(std::string_view name, qsizetype permits = 1);
    ~BoundedSemaphore() override;
};

} // namespace heddle
