// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/semaphore.h>

#include <heddle/core/error.h>

#include <algorithm>
#include <limits>

namespace heddle {

namespace {
qsizetype checked(qsizetype count, const QString &name)
{
    if (count < 0) {
        throw Error(QStringLiteral("A number of permits of %1 is negative").arg(count), name,
                    QStringLiteral("Give zero or more"));
    }
    return count;
}
} // namespace

Semaphore::Semaphore(std::string_view name, qsizetype permits)
    : Semaphore(name, permits, std::numeric_limits<qsizetype>::max())
{}

Semaphore::Semaphore(std::string_view name, qsizetype permits, qsizetype limit)
    : m_object(trace::ObjectKind::Semaphore, name, permits)
    , m_limit(limit)
    , m_available(checked(permits, this->name()))
{
    m_object.count(m_available);
}

Semaphore::~Semaphore()
{
    Q_ASSERT_X(!m_waiters.hasWaiters(), "heddle::Semaphore",
               "destroyed while a thread waits for it");
}

bool Semaphore::acquire(qsizetype count, std::stop_token stop)
{
    return acquireUntil(count, WaitPoint::Forever, stop);
}

bool Semaphore::acquireFor(std::chrono::nanoseconds timeout, qsizetype count, std::stop_token stop)
{
    return acquireUntil(count, WaitPoint::deadline(timeout, "Semaphore::acquireFor"), stop);
}

bool Semaphore::tryAcquire(qsizetype count)
{
    return acquireUntil(count, WaitPoint::Never, {});
}

void Semaphore::release(qsizetype count)
{
    checked(count, name());
    const std::lock_guard lock(m_mutex);
    if (count > m_limit - m_available) {
        throw Error(QStringLiteral("%1 permits were released when %2 of %3 were free")
                            .arg(count)
                            .arg(m_available)
                            .arg(m_limit),
                    name(), QStringLiteral("Release only what was acquired"));
    }
    m_available += count;
    m_object.count(m_available);
    m_waiters.wakeUpTo(count);
}

qsizetype Semaphore::available() const
{
    const std::lock_guard lock(m_mutex);
    return m_available;
}

int Semaphore::waiterCount() const
{
    const std::lock_guard lock(m_mutex);
    return m_waiters.waiterCount();
}

bool Semaphore::acquireUntil(qsizetype count, WaitPoint::Deadline deadline,
                             const std::stop_token &stop)
{
    checked(count, name());
    std::unique_lock lock(m_mutex);
    const auto isFree = [this, count] { return m_available >= count; };
    if (!isFree()) {
        const WaitPoint::Result result = m_waiters.wait(lock, m_object.id(),
                                                        trace::WaitReason::Semaphore, deadline,
                                                        stop, isFree, [] { return false; });
        if (result != WaitPoint::Result::Woken)
            return false;
    }
    m_available -= count;
    m_object.count(m_available);
    return true;
}

BoundedSemaphore::BoundedSemaphore(std::string_view name, qsizetype permits)
    : Semaphore(name, permits, permits)
{}

BoundedSemaphore::~BoundedSemaphore() = default;

} // namespace heddle
