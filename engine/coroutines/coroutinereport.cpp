// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/coroutinereport.h>

#include <memory>
#include <mutex>
#include <utility>

namespace heddle {

namespace {

// Lives until the process ends: static objects may report from their destructors.
struct Handlers
{
    std::mutex mutex;
    std::shared_ptr<const CoroutineReportHandler> current;

    static Handlers &instance()
    {
        static auto *const handlers = new Handlers;
        return *handlers;
    }
};

QString textOf(const std::exception_ptr &error)
{
    if (!error)
        return {};
    try {
        std::rethrow_exception(error);
    } catch (const std::exception &exception) {
        return QString::fromUtf8(exception.what());
    } catch (...) {
        return QStringLiteral("an exception of unknown type");
    }
}

} // namespace

QString CoroutineReport::text() const
{
    using namespace std::chrono;
    switch (kind) {
    case Kind::NeverAwaited:
        return QStringLiteral("The coroutine %1 was called and never awaited").arg(name);
    case Kind::ExceptionNeverTaken:
        return QStringLiteral("The task %1 failed and nobody took its exception: %2")
                .arg(name, textOf(error));
    case Kind::SlowStep:
        return QStringLiteral("A step of %1 held its loop for %2 ms")
                .arg(name)
                .arg(duration_cast<milliseconds>(duration).count());
    case Kind::StillPending:
        return QStringLiteral("The task %1 had not ended when its loop was destroyed").arg(name);
    case Kind::CallbackFailed:
        return QStringLiteral("A function called by the loop %1 failed: %2")
                .arg(name, textOf(error));
    }
    return {};
}

CoroutineReportHandler setCoroutineReportHandler(CoroutineReportHandler handler)
{
    auto next = handler ? std::make_shared<const CoroutineReportHandler>(std::move(handler))
                        : nullptr;
    Handlers &handlers = Handlers::instance();
    const std::lock_guard lock(handlers.mutex);
    handlers.current.swap(next);
    return next ? *next : CoroutineReportHandler();
}

void report(const CoroutineReport &what) noexcept
{
    std::shared_ptr<const CoroutineReportHandler> handler;
    {
        Handlers &handlers = Handlers::instance();
        const std::lock_guard lock(handlers.mutex);
        handler = handlers.current;
    }
    if (handler)
        (*handler)(what);
    else
        qWarning("heddle: %s", qUtf8Printable(what.text()));
}

} // namespace heddle
