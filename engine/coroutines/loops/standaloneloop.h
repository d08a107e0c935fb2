// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/eventloop.h>

#include <memory>

namespace heddle {

/// An event loop that needs no other: for threads without a Qt event loop, and programs without Qt
/// events.
///
/// It sleeps in ppoll() until a timer is due, a descriptor that a coroutine waits for is ready, or
/// another thread hands something in; with nothing to do it takes no processor time. It does not
/// deliver Qt events: what needs them (QProcess, QTcpSocket, queued signals to objects of this
/// thread) needs a QtEventLoop.
///
/// Threads: as EventLoop; stop() any.
class HEDDLE_ENGINE_EXPORT StandaloneLoop final : public EventLoop
{
public:
    /// \throws Error when the system has no descriptor left
    explicit StandaloneLoop(std::string_view name = "loop");
    ~StandaloneLoop() override;

    /// Runs until stop(). Blocks. \throws Misuse when it runs already, or in another thread.
    void run();
    /// Has run() or runUntilComplete() return after the turn in which this arrives; the next one,
    /// if neither is running. Any thread; never blocks.
    void stop();

private:
    class Doorbell;

    void turnNeeded() override {} // nobody sleeps while the loop's own thread does this
    void wakeUp() noexcept override;
    void runUntil(const std::function<bool()> &isOver) override;
    void watchBegun(DescriptorWatch &) override {}
    void watchEnded(DescriptorWatch &) noexcept override {}
    /// Looks at the descriptors; if it \a mayBlock, waits for something to do.
    void waitForWork(bool mayBlock);

    std::unique_ptr<Doorbell> m_doorbell;
    bool m_stopRequested = false;
};

/// Runs \a coroutine in a loop of its own in this thread, as asyncio.run(): when it has ended, the
/// tasks that it left are cancelled and awaited. Blocks. \throws the coroutine's exception; Misuse
/// in a loop's turn.
template <typename T>
T runCoroutine(Coroutine<T> coroutine, std::string_view name = "main")
{
    EventLoop::checkNoneRuns("runCoroutine");
    StandaloneLoop loop(name);
    struct CancelRest
    {
        StandaloneLoop &loop;
        ~CancelRest() { loop.cancelAllAndWait(); }
    } const cancelRest{loop};
    return loop.runUntilComplete(std::move(coroutine), name);
}

} // namespace heddle
