// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/tasks/task.h>

#include <QFuture>
#include <QPromise>

#include <exception>
#include <type_traits>
#include <utility>

namespace heddle {

/// What Executor::submit() makes of a function: the work of a task whose result, exception or
/// cancellation arrives in a QFuture.
///
/// A function that throws Stopped or Cancelled has obeyed a stop: its future ends as cancelled. The
/// function is destroyed before the future finishes, so whoever waited for it may destroy what the
/// function refers to.
template <typename Function>
class Submission
{
public:
    /// Of the future.
    using Result = std::invoke_result_t<Function &>;

    /// Starts the future.
    explicit Submission(Function function)
        : m_function(std::move(function))
    {
        // Before anyone can ask for the result: a future that has not started does not wait for
        // one.
        m_promise.start();
    }
    /// Where the result arrives.
    [[nodiscard]] QFuture<Result> future() const { return m_promise.future(); }

    /// Ends the future, by the function or without it.
    trace::TaskState operator()(Task::Action action) noexcept
    {
        const trace::TaskState state = end(action);
        m_promise.finish();
        return state;
    }

private:
    trace::TaskState end(Task::Action action) noexcept
    {
        Function function(std::move(m_function));
        switch (action) {
        case Task::Action::Run:
            if (!m_promise.isCanceled())
                return call(function);
            return trace::TaskState::Cancelled;
        case Task::Action::Cancel:
            m_promise.future().cancel();
            return trace::TaskState::Cancelled;
        case Task::Action::TimeOut:
            m_promise.setException(std::make_exception_ptr(
                    TimedOut(QStringLiteral("The task had not started by its deadline"), {})));
            return trace::TaskState::Cancelled;
        case Task::Action::Break:
            m_promise.setException(std::make_exception_ptr(
                    Broken(QStringLiteral("The executor of the task is broken"), {},
                           QStringLiteral("See what its initialiser has thrown"))));
            return trace::TaskState::Cancelled;
        }
        return trace::TaskState::Cancelled;
    }
    trace::TaskState call(Function &function) noexcept
    {
        try {
            if constexpr (std::is_void_v<Result>)
                function();
            else
                m_promise.addResult(function());
            return trace::TaskState::Finished;
        } catch (const Stopped &) {
            m_promise.future().cancel();
            return trace::TaskState::Cancelled;
        } catch (const Cancelled &) {
            m_promise.future().cancel();
            return trace::TaskState::Cancelled;
        } catch (...) {
            m_promise.setException(std::current_exception());
            return trace::TaskState::Failed;
        }
    }

    Function m_function;
    QPromise<Result> m_promise;
};

} // namespace heddle
