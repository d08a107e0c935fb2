// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/tasks/executor.h>
#include <heddle/tasks/timerservice.h>

#include <QFuture>
#include <QPromise>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <type_traits>

namespace heddle {

/// How often to try, how long to wait in between, and what for.
struct RetryPolicy
{
    int attempts = 3; ///< at most, the first one included
    /// Before the second attempt.
    std::chrono::nanoseconds firstDelay = std::chrono::milliseconds(100);
    double factor = 2; ///< from one delay to the next; 1: always the same
    /// No delay is longer.
    std::chrono::nanoseconds maximumDelay = std::chrono::seconds(30);
    /// Which part of each delay is drawn by lot, 0 to 1: so that those who failed together do not
    /// come back together. At 0.5 a delay is between half and all of what is due.
    double jitter = 0;
    std::optional<quint64> seed = {}; ///< the same seed gives the same delays; empty: a new one
    /// Whether an error is worth another attempt; empty: every one.
    std::function<bool(const std::exception_ptr &)> isWorthRetrying = {};
};

/// The delays that a policy gives, one after the other. Threads: one at a time.
class HEDDLE_ENGINE_EXPORT RetryDelays
{
public:
    /// \throws Misuse when the policy makes no sense
    explicit RetryDelays(const RetryPolicy &policy);
    /// The delay before the next attempt.
    [[nodiscard]] std::chrono::nanoseconds next();

private:
    double m_next; ///< in nanoseconds, without the jitter
    double m_factor;
    double m_maximum;
    double m_jitter;
    quint64 m_random;
};

/// What retry() does, whatever the function returns. Kept alive by its tasks.
class HEDDLE_ENGINE_EXPORT Retries : public std::enable_shared_from_this<Retries>
{
public:
    virtual ~Retries();
    Retries(const Retries &) = delete;
    Retries &operator=(const Retries &) = delete;

    /// Makes the first attempt.
    void start(const std::stop_token &stop);

protected:
    /// On \a executor.
    Retries(Executor &executor, const RetryPolicy &policy);

    /// Raised when the attempts are to end.
    [[nodiscard]] std::stop_token stopToken() const { return m_stop.get_token(); }
    /// One attempt, which keeps its result or throws.
    virtual void call() = 0;
    /// Whether nobody wants the result.
    [[nodiscard]] virtual bool isCancelled() const = 0;
    /// Reports progress.
    virtual void setAttempt(int attempt, const QString &text) = 0;
    /// Ends with \a error.
    virtual void fail(std::exception_ptr error) = 0;
    /// Ends cancelled.
    virtual void cancel() = 0;
    /// Ends.
    virtual void finish() = 0;

private:
    struct Attempt;
    struct StopRetries
    {
        std::weak_ptr<Retries> retries;
        void operator()() const;
    };
    void attempt();
    void tryAgainLater();
    void endUntried();
    void requestStop();

    Executor &m_executor;
    const int m_attempts;
    const std::function<bool(const std::exception_ptr &)> m_isWorthRetrying;
    RetryDelays m_delays;
    int m_attempt = 0;
    QString m_lastError;
    std::stop_source m_stop;
    std::mutex m_mutex;
    Timer m_delay;           ///< under the mutex, as long as it is that of the next attempt
    int m_attemptsBegun = 0; ///< under the mutex
    std::optional<std::stop_callback<StopRetries>> m_stopCallback;
};

template <typename Function, typename Result>
class RetriesOf final : public Retries
{
public:
    RetriesOf(Executor &executor, const RetryPolicy &policy, Function function)
        : Retries(executor, policy)
        , m_function(std::move(function))
    {
        m_promise.setProgressRange(0, policy.attempts);
        m_promise.start();
    }
    [[nodiscard]] QFuture<Result> future() const { return m_promise.future(); }

private:
    void call() override
    {
        const auto result = [this]() -> Result {
            if constexpr (std::is_invocable_v<Function &, std::stop_token>)
                return m_function(stopToken());
            else
                return m_function();
        };
        if constexpr (std::is_void_v<Result>)
            result();
        else
            m_promise.addResult(result());
    }
    bool isCancelled() const override { return m_promise.isCanceled(); }
    void setAttempt(int attempt, const QString &text) override
    {
        m_promise.setProgressValueAndText(attempt, text);
    }
    void fail(std::exception_ptr error) override { m_promise.setException(std::move(error)); }
    void cancel() override { m_promise.future().cancel(); }
    void finish() override { m_promise.finish(); }

    Function m_function;
    QPromise<Result> m_promise;
};

/// Has \a executor run \a function, again if it fails, as \a policy says.
///
/// The future gets the first result, or the last error as it was thrown. Its progress is the number
/// of attempts so far, out of the most there may be, and its text tells the error before. No
/// worker sleeps in between: the delays are those of TimerService::ofProcess().
///
/// A request of \a stop ends it at once, and reaches a function that takes a std::stop_token.
/// Cancelling the future prevents the attempts that have not begun; it finishes when the next one
/// would. When the executor takes no more tasks, the error is ShutDown.
///
/// Never blocks; any thread. The executor must live until the future is finished. \throws Misuse
/// when the policy makes no sense
///
/// \code
/// QFuture<QByteArray> page = retry(executor, {.attempts = 5, .firstDelay = 200ms, .jitter = 0.5},
///                                  [url] { return fetch(url); });
/// \endcode
template <typename Function>
auto retry(Executor &executor, const RetryPolicy &policy, Function function,
           std::stop_token stop = {})
{
    using Result = typename std::conditional_t<std::is_invocable_v<Function &, std::stop_token>,
                                               std::invoke_result<Function &, std::stop_token>,
                                               std::invoke_result<Function &>>::type;
    auto retries = std::make_shared<RetriesOf<Function, Result>>(executor, policy,
                                                                 std::move(function));
    retries->start(stop);
    return retries->future();
}

} // namespace heddle
