// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/eventloop.h>

#include <memory>

class QObject;

namespace heddle {

/// An event loop for coroutines on the Qt event loop of the thread that makes it, whichever that
/// is: QCoreApplication's or a QThread's.
///
/// It takes its turns when Qt delivers its event; one event stands for all that is ready. After a
/// turn Qt has its own, so coroutines that are always ready do not keep the program from its other
/// events. A Qt event loop opened inside a coroutine (a dialog) goes on taking turns for the other
/// tasks; that coroutine goes on when it has been closed.
///
/// Precision: on Linux that of the kernel's timers, elsewhere Qt's precise timers of 1 ms.
///
/// Threads: as EventLoop.
class HEDDLE_ENGINE_EXPORT QtEventLoop final : public EventLoop
{
public:
    /// \throws Misuse in a thread without a Qt event dispatcher
    explicit QtEventLoop(std::string_view name = "loop");
    ~QtEventLoop() override;

    [[nodiscard]] QObject *context() const override;

private:
    class Receiver;
    class Alarm;

    void turnNeeded() override;
    void wakeUp() noexcept override;
    void runUntil(const std::function<bool()> &isOver) override;
    void watchBegun(DescriptorWatch &watch) override;
    void watchEnded(DescriptorWatch &watch) noexcept override;

    void turn() noexcept;
    void setAlarm();
    void aboutToBlock();

    std::unique_ptr<Receiver> m_receiver;
    std::unique_ptr<Alarm> m_alarm;
    std::optional<Clock::time_point> m_alarmDue;
    std::vector<std::function<void()>> m_afterTurn; ///< of the runUntil() calls under way
    bool m_isTurnPosted = false;
};

} // namespace heddle
