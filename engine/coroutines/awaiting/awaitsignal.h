// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/core/handedover.h>
#include <heddle/coroutines/deliveryawaiter.h>

#include <QObject>

#include <optional>
#include <tuple>
#include <type_traits>

namespace heddle {

/// Awaits a signal. Made by whenEmitted().
template <typename Connect, typename... Argument>
class SignalAwaiter final : public DeliveryAwaiter
{
public:
    explicit SignalAwaiter(Connect connect)
        : m_connect(std::move(connect))
    {}
    ~SignalAwaiter() override
    {
        leaveIfWaiting();
        disconnect();
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <LoopPromise Promise>
    void await_suspend(std::coroutine_handle<Promise> point)
    {
        m_state = std::make_shared<State>(*this);
        suspendFor(point, {m_state, &m_state->slot}, 0, trace::WaitReason::Signal);
        const HandedOver emitted([state = m_state](const Argument &...argument) {
            state->slot.deliver([&] { state->arguments.emplace(argument...); });
        });
        const HandedOver gone([state = m_state] { state->slot.deliver([] {}); });
        std::tie(m_emission, m_end) = m_connect(emitted, gone);
        confirmSuspension();
    }
    auto await_resume()
    {
        disconnect();
        throwIfCancelled();
        if (!m_state->arguments) {
            throw Broken(QStringLiteral("The object was destroyed before it emitted its signal"),
                         QStringLiteral("heddle::whenEmitted"),
                         QStringLiteral("Let it live for as long as it is awaited"));
        }
        if constexpr (sizeof...(Argument) == 1)
            return std::get<0>(std::move(*m_state->arguments));
        else if constexpr (sizeof...(Argument) > 1)
            return std::move(*m_state->arguments);
    }

private:
    struct State
    {
        explicit State(DeliveryAwaiter &awaiter)
            : slot(awaiter)
        {}
        Slot slot;
        std::optional<std::tuple<Argument...>> arguments;
    };

    void letGo() noexcept override { disconnect(); }
    void disconnect() noexcept
    {
        QObject::disconnect(m_emission);
        QObject::disconnect(m_end);
    }

    Connect m_connect;
    std::shared_ptr<State> m_state;
    QMetaObject::Connection m_emission;
    QMetaObject::Connection m_end;
};

/// A signal's arguments without what only its class can make (QPrivateSignal, which is empty).
template <typename Connect, typename Kept, typename... Rest>
struct SignalAwaiterOf;
template <typename Connect, typename... Kept>
struct SignalAwaiterOf<Connect, std::tuple<Kept...>>
{
    using Type = SignalAwaiter<Connect, Kept...>;
};
template <typename Connect, typename... Kept, typename Next, typename... Rest>
struct SignalAwaiterOf<Connect, std::tuple<Kept...>, Next, Rest...>
    : std::conditional_t<sizeof...(Rest) == 0 && std::is_empty_v<Next>,
                         SignalAwaiterOf<Connect, std::tuple<Kept...>>,
                         SignalAwaiterOf<Connect, std::tuple<Kept..., Next>, Rest...>>
{};

/// co_await whenEmitted(object, &Class::signal): the next emission, whatever thread emits it, with
/// its arguments: nothing, the one, or a tuple. Emissions before the co_await do not count.
/// \throws Broken when \a sender is destroyed first; Cancelled
template <typename Sender, typename Class, typename... Argument>
[[nodiscard]] auto whenEmitted(const Sender *sender, void (Class::*signal)(Argument...))
{
    const auto connect = [sender, signal](const auto &emitted, const auto &gone) {
        // Without a context the functions are called in the thread that emits.
        return std::pair(QObject::connect(sender, signal, emitted),
                         QObject::connect(sender, &QObject::destroyed, gone));
    };
    return typename SignalAwaiterOf<std::decay_t<decltype(connect)>, std::tuple<>,
                                    std::decay_t<Argument>...>::Type(connect);
}

} // namespace heddle
