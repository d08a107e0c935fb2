// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/qteventloop.h>

#include <heddle/core/error.h>
#include <heddle/coroutines/descriptorwatch.h>

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QEvent>
#include <QEventLoop>
#include <QObject>
#include <QSocketNotifier>
#include <QThread>
#include <QTimer>

#include <algorithm>
#ifdef Q_OS_LINUX
#    include <sys/timerfd.h>
#    include <unistd.h>
#endif

namespace heddle {

class QtEventLoop::Receiver final : public QObject
{
public:
    explicit Receiver(QtEventLoop &loop)
        : m_loop(loop)
    {}
    ~Receiver() override = default;
    static QEvent::Type turnEvent()
    {
        static const auto type = static_cast<QEvent::Type>(QEvent::registerEventType());
        return type;
    }
    void post() { QCoreApplication::postEvent(this, new QEvent(turnEvent())); }

protected:
    bool event(QEvent *event) override
    {
        if (event->type() != turnEvent())
            return QObject::event(event);
        m_loop.turn();
        return true;
    }

private:
    QtEventLoop &m_loop;
};

// Takes a turn at an instant.
class QtEventLoop::Alarm
{
public:
    explicit Alarm(QtEventLoop &loop)
        : m_loop(loop)
    {
#ifdef Q_OS_LINUX
        m_descriptor = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (m_descriptor >= 0) {
            m_notifier = std::make_unique<QSocketNotifier>(m_descriptor, QSocketNotifier::Read);
            QObject::connect(m_notifier.get(), &QSocketNotifier::activated, m_notifier.get(),
                             [this] {
                                 quint64 times = 0;
                                 [[maybe_unused]] const auto bytes = ::read(m_descriptor, &times,
                                                                            sizeof times);
                                 ring();
                             });
            return;
        }
#endif
        m_timer = std::make_unique<QTimer>();
        m_timer->setSingleShot(true);
        m_timer->setTimerType(Qt::PreciseTimer);
        QObject::connect(m_timer.get(), &QTimer::timeout, m_timer.get(), [this] { ring(); });
    }
    ~Alarm()
    {
        m_notifier.reset();
#ifdef Q_OS_LINUX
        if (m_descriptor >= 0)
            ::close(m_descriptor);
#endif
    }
    Alarm(const Alarm &) = delete;
    Alarm &operator=(const Alarm &) = delete;

    void set(Clock::time_point due)
    {
        using namespace std::chrono;
#ifdef Q_OS_LINUX
        if (m_descriptor >= 0) {
            // An instant of 0 would switch it off.
            const nanoseconds instant = std::max(due.time_since_epoch(), Clock::duration(1));
            itimerspec when{};
            when.it_value.tv_sec = duration_cast<seconds>(instant).count();
            when.it_value.tv_nsec = (instant % seconds(1)).count();
            ::timerfd_settime(m_descriptor, TFD_TIMER_ABSTIME, &when, nullptr);
            return;
        }
#endif
        const auto rest = ceil<milliseconds>(due - Clock::now());
        m_timer->start(std::clamp(rest, 0ms, milliseconds(24h)));
    }

private:
    void ring()
    {
        m_loop.m_alarmDue.reset();
        m_loop.turn();
    }

    QtEventLoop &m_loop;
    int m_descriptor = -1;
    std::unique_ptr<QSocketNotifier> m_notifier;
    std::unique_ptr<QTimer> m_timer;
};

QtEventLoop::QtEventLoop(std::string_view name)
    : EventLoop(name)
{
    QAbstractEventDispatcher *dispatcher = QAbstractEventDispatcher::instance();
    if (!dispatcher) {
        throw Misuse(QStringLiteral("This thread has no Qt event dispatcher"), this->name(),
                     QStringLiteral("Make the loop in a thread that runs a Qt event loop, or use "
                                    "a StandaloneLoop"));
    }
    m_receiver = std::make_unique<Receiver>(*this);
    m_alarm = std::make_unique<Alarm>(*this);
    QObject::connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock, m_receiver.get(),
                     [this] { aboutToBlock(); });
    static_cast<void>(inbox().sleep());
}

QtEventLoop::~QtEventLoop()
{
    endTasks();
}

QObject *QtEventLoop::context() const
{
    return m_receiver.get();
}

// One event for whatever is ready.
void QtEventLoop::turnNeeded()
{
    if (!hasReady()) {
        setAlarm();
    } else if (!m_isTurnPosted) {
        m_isTurnPosted = true;
        m_receiver->post();
    }
}

void QtEventLoop::wakeUp() noexcept
{
    m_receiver->post();
}

void QtEventLoop::turn() noexcept
{
    m_isTurnPosted = false;
    takeTurn();
    // A turn inside a turn leaves the rest to the outer one, or to aboutToBlock().
    if (!isInTurn() && (hasReady() || !inbox().sleep())) {
        m_isTurnPosted = true;
        m_receiver->post();
    }
    setAlarm();
    for (const auto &check : std::vector(m_afterTurn))
        check();
}

void QtEventLoop::setAlarm()
{
    const std::optional<Clock::time_point> due = nextDue();
    if (!due || due == m_alarmDue)
        return;
    m_alarmDue = due;
    m_alarm->set(*due);
}

// Qt's loop is about to sleep. In a coroutine that opened it, nobody has asked for a turn yet.
void QtEventLoop::aboutToBlock()
{
    if (!isInTurn())
        return;
    if ((hasReady() || !inbox().sleep()) && !m_isTurnPosted) {
        m_isTurnPosted = true;
        m_receiver->post();
    }
    setAlarm();
}

void QtEventLoop::runUntil(const std::function<bool()> &isOver)
{
    checkNoneRuns("QtEventLoop::runUntilComplete");
    QEventLoop nested;
    m_afterTurn.push_back([&] {
        if (isOver())
            nested.quit();
    });
    struct Removal
    {
        std::vector<std::function<void()>> &checks;
        ~Removal() { checks.pop_back(); }
    } const removal{m_afterTurn};
    if (!isOver())
        nested.exec();
}

void QtEventLoop::watchBegun(DescriptorWatch &watch)
{
    const bool isRead = watch.direction() == DescriptorWatch::Direction::Read;
    auto *notifier = new QSocketNotifier(watch.descriptor(),
                                         isRead ? QSocketNotifier::Read : QSocketNotifier::Write);
    watch.m_notifier = notifier;
    QObject::connect(notifier, &QSocketNotifier::activated, notifier, [this, &watch, notifier] {
        notifier->setEnabled(false);
        notifier->deleteLater(); // not at once: this is its signal
        watch.m_notifier = nullptr;
        tell(watch);
    });
}

void QtEventLoop::watchEnded(DescriptorWatch &watch) noexcept
{
    delete std::exchange(watch.m_notifier, nullptr);
}

} // namespace heddle
