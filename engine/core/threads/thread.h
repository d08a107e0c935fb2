// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/outcome.h>
#include <heddle/core/waitpoint.h>
#include <heddle/trace/object.h>

#include <QThread>

#include <atomic>
#include <concepts>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <type_traits>
#include <utility>

namespace heddle {

/// A QThread that runs one function under a name that the timeline shows.
///
/// As std::jthread, it hands the function a stop token if it takes one, and its destructor requests
/// the stop and waits for the thread. An exception that leaves the function ends the thread, not
/// the process: exception() gives it. Priority, stack size and the rest are QThread's.
///
/// Trace: the thread under its name from its first instruction; a wait of reason thread end for
/// whoever joins it. Threads: as QThread; join() and its kin from any other thread.
///
/// \code
/// heddle::Thread reader("reader", [&](std::stop_token stop) {
///     while (!stop.stop_requested())
///         read(device, stop);
/// });
/// \endcode
class HEDDLE_ENGINE_EXPORT Thread : public QThread
{
public:
    /// When the thread begins.
    enum class Start { Now, Later };
    /// How the thread is made.
    struct Options
    {
        QThread::Priority priority = QThread::InheritPriority; ///< where it starts at once
        uint stackBytes = 0;                                   ///< 0: the system's default
        Start start = Start::Now;                              ///< Later: by QThread::start()
    };

    /// Runs \a function, which may take a std::stop_token, in a new thread called \a name.
    template <typename Function>
    requires std::invocable<Function &> || std::invocable<Function &, std::stop_token>
    Thread(std::string_view name, Function &&function, Options options)
        : Thread(name, Body{taking(std::forward<Function>(function))}, options)
    {}
    /// The same, at once unless told to \a start later.
    template <typename Function>
    requires std::invocable<Function &> || std::invocable<Function &, std::stop_token>
    Thread(std::string_view name, Function &&function, Start start = Start::Now)
        : Thread(name, std::forward<Function>(function), Options{.start = start})
    {}
    /// Requests the stop and waits until the thread has ended. Blocks.
    ~Thread() override;

    /// Raises the stop token of the function. False if it was raised before. Any thread; runs the
    /// token's callbacks.
    bool requestStop() { return m_stop.request_stop(); }
    /// What requestStop() raises. Any thread; never blocks.
    [[nodiscard]] std::stop_token stopToken() const { return m_stop.get_token(); }

    /// Waits until the thread has ended. Blocks. Returns at once if it was never started.
    /// \throws Misuse in the thread itself, which would wait for ever.
    void join();
    /// The same: TimedOut if the function has not returned within \a timeout, Stopped when \a stop
    /// was requested before. \throws Misuse as join(), and when \a timeout is negative.
    [[nodiscard]] Outcome joinFor(std::chrono::nanoseconds timeout, std::stop_token stop = {});
    /// join(), then throws on what the function threw.
    void joinAndRethrow();
    /// What left the function by way of throw, after join(); else null.
    [[nodiscard]] std::exception_ptr exception() const { return m_exception; }

    [[nodiscard]] const trace::Object &object() const { return m_object; }

protected:
    /// Calls the function.
    void run() override;

private:
    struct Body
    {
        std::function<void(std::stop_token)> call;
    };

    template <typename Function>
    static auto taking(Function &&function)
    {
        if constexpr (std::invocable<Function &, std::stop_token>) {
            return std::forward<Function>(function);
        } else {
            return [function = std::forward<Function>(function)](std::stop_token) mutable {
                function();
            };
        }
    }
    Thread(std::string_view name, Body body, Options options);
    Outcome joinUntil(WaitPoint::Deadline deadline, const std::stop_token &stop);

    trace::Object m_object;
    Body m_body;
    std::stop_source m_stop;
    std::exception_ptr m_exception;
    std::mutex m_mutex;
    WaitPoint m_joiners;
    bool m_hasReturned = false; ///< the function; under the mutex
    // What QThread::start() orders is ordered through this too, where tools that do not look into
    // Qt can see it.
    std::atomic<int> m_handOver{0};
};

} // namespace heddle
