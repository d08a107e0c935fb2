// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/semaphore.h>
#include <heddle/coroutines/primitiveawaiter.h>

namespace heddle {

/// Awaits permits of a semaphore. Made by acquireFrom().
class HEDDLE_ENGINE_EXPORT SemaphoreAwaiter final : public PrimitiveAwaiter
{
public:
    SemaphoreAwaiter(Semaphore &semaphore, qsizetype count)
        : PrimitiveAwaiter(semaphore.object().id(), trace::WaitReason::Semaphore)
        , m_semaphore(semaphore)
        , m_count(count)
    {}
    ~SemaphoreAwaiter() override;

    [[nodiscard]] bool await_ready() { return m_semaphore.tryAcquire(m_count); }
    void await_resume() const { throwIfCancelled(); }

private:
    bool enlist() override { return m_semaphore.notifyWhenFree(*this, m_count); }
    bool tryTake() override;
    void leave() noexcept override { m_semaphore.forget(*this); }

    Semaphore &m_semaphore;
    const qsizetype m_count;
};

/// co_await acquireFrom(semaphore): takes \a count permits when they are free. Does not suspend if
/// they are. \throws Cancelled, and then none is taken; Misuse when \a count is negative
[[nodiscard]] inline SemaphoreAwaiter acquireFrom(Semaphore &semaphore, qsizetype count = 1)
{
    return SemaphoreAwaiter(semaphore, count);
}

} // namespace heddle
