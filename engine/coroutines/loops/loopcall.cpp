// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/loopcall.h>

#include <heddle/coroutines/coroutinereport.h>
#include <heddle/coroutines/eventloop.h>

namespace heddle {

LoopCall::~LoopCall() = default;

void LoopCall::run() noexcept
{
    m_isPending = false;
    if (!m_isCancelled) {
        std::exception_ptr error;
        try {
            call();
        } catch (...) {
            error = std::current_exception();
        }
        if (error) {
            report({.kind = CoroutineReport::Kind::CallbackFailed,
                    .name = m_loop.name(),
                    .duration = {},
                    .error = error});
        }
        if (const auto duration = m_loop.heldTooLong(); duration.count() > 0) {
            report({.kind = CoroutineReport::Kind::SlowStep,
                    .name = QStringLiteral("a function called by ") + m_loop.name(),
                    .duration = duration,
                    .error = nullptr});
        }
    }
    release();
}

void LoopCall::drop() noexcept
{
    m_isPending = false;
    release();
}

void LoopCall::due() noexcept
{
    m_loop.makeReady(*this);
}

void LoopCall::cancel() noexcept
{
    if (!m_isPending)
        return;
    m_isCancelled = true;
    if (isArmed()) {
        m_loop.stopTimer(*this);
        drop();
    }
}

} // namespace heddle
