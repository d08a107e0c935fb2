// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/tasks/executor.h>

#include <QFuture>
#include <QFutureInterface>
#include <QPromise>
#include <QString>

#include <memory>
#include <type_traits>
#include <utility>

namespace heddle {

/// How a task tells how far it is: through its future, to a QFutureWatcher or whoever asks.
///
/// Lives as long as the call of the task's function. Threads: any. Never blocks but for the
/// future's lock; watchers are told at most 25 times a second, as Qt has it.
class Progress
{
public:
    explicit Progress(QFutureInterfaceBase future)
        : m_future(std::move(future))
    {}
    Progress(const Progress &) = delete;
    Progress &operator=(const Progress &) = delete;

    void setRange(int minimum, int maximum) { m_future.setProgressRange(minimum, maximum); }
    /// A value that is not larger than the one before is ignored.
    void setValue(int value) { m_future.setProgressValue(value); }
    void setValue(int value, const QString &text) { m_future.setProgressValueAndText(value, text); }
    /// Whether the future was cancelled: the task should end.
    [[nodiscard]] bool isCancelled() const { return m_future.isCanceled(); }

private:
    QFutureInterfaceBase m_future;
};

/// Executor::submit() for a \a function that takes a Progress &, through which it tells how far it
/// is. Cancelling the future prevents what has not started; a function that runs should ask.
/// Never blocks. \throws ShutDown
///
/// \code
/// QFuture<int> sum = submitWithProgress(executor, [](Progress &progress) {
///     progress.setRange(0, 100);
///     for (int k = 0; k < 100 && !progress.isCancelled(); ++k) { …; progress.setValue(k + 1); }
///     return …;
/// });
/// \endcode
template <typename Function>
auto submitWithProgress(Executor &executor, Function function)
{
    using Result = std::invoke_result_t<Function &, Progress &>;
    // The end of a promise that did not finish cancels its future: what is dropped ends so.
    auto promise = std::make_shared<QPromise<Result>>();
    promise->start();
    QFuture<Result> future = promise->future();
    executor.post([promise, function = std::move(function)]() mutable {
        if (!promise->isCanceled()) {
            Progress progress(QFutureInterfaceBase::get(promise->future()));
            try {
                if constexpr (std::is_void_v<Result>)
                    function(progress);
                else
                    promise->addResult(function(progress));
            } catch (const Stopped &) {
                promise->future().cancel();
            } catch (...) {
                promise->setException(std::current_exception());
            }
        }
        promise->finish();
    });
    return future;
}

} // namespace heddle
