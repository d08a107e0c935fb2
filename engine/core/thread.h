// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/object.h>

#include <QThread>

#include <atomic>
#include <exception>
#include <functional>
#include <string_view>

namespace heddle {

/// A QThread that runs one function under a name that the timeline shows.
///
/// An exception that leaves the function ends the thread, not the process: exception() gives it.
/// The destructor waits for the thread.
///
/// Trace: the thread under its name from its first instruction; a wait of kind thread for whoever
/// joins it. Threads: as QThread; join() from any other thread.
class HEDDLE_ENGINE_EXPORT Thread : public QThread
{
public:
    enum class Start { Now, Later };

    /// Runs \a function in a new thread called \a name, at once unless told to \a start later.
    Thread(std::string_view name, std::function<void()> function, Start start = Start::Now);
    ~Thread() override;

    /// Waits until the function has returned. Blocks. Returns at once if it was never started.
    void join();
    /// What left the function by way of throw, after join(); else null.
    [[nodiscard]] std::exception_ptr exception() const { return m_exception; }
    /// join(), then throws on what the function threw.
    void joinAndRethrow();

protected:
    void run() override;

private:
    trace::Object m_object;
    std::function<void()> m_function;
    std::exception_ptr m_exception;
    std::atomic<trace::ThreadIndex> m_index{0};
    // What QThread::start() and wait() order is ordered through this too, where tools that do not
    // look into Qt can see it.
    std::atomic<int> m_handOver{0};
};

} // namespace heddle
