// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/event.h>
#include <heddle/coroutines/primitiveawaiter.h>

namespace heddle {

/// Awaits an event. Made by whenSet().
class HEDDLE_ENGINE_EXPORT EventAwaiter final : public PrimitiveAwaiter
{
public:
    explicit EventAwaiter(Event &event)
        : PrimitiveAwaiter(event.object().id(), trace::WaitReason::Event)
        , m_event(event)
    {}
    ~EventAwaiter() override;

    [[nodiscard]] bool await_ready() const { return m_event.isSet(); }
    void await_resume() const { throwIfCancelled(); }

private:
    bool enlist() override { return m_event.notifyWhenSet(*this); }
    // It was set, and stays so for this wait if it is cleared meanwhile.
    bool tryTake() override { return true; }
    void leave() noexcept override { m_event.forget(*this); }

    Event &m_event;
};

/// co_await whenSet(event): until a heddle::Event is set, by whatever thread. Does not suspend if
/// it is. \throws Cancelled
[[nodiscard]] inline EventAwaiter whenSet(Event &event)
{
    return EventAwaiter(event);
}

} // namespace heddle
