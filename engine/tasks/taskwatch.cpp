// SPDX-License-Identifier: Apache-2.0
#include "taskwatch_p.h"

#include <heddle/core/handedover.h>
#include <heddle/tasks/taskcontrol.h>
#include <heddle/trace/slice.h>

#include <QFutureWatcher>
#include <QThread>
#include <QTimer>

#include <mutex>
#include <set>
#include <vector>

namespace heddle::taskwatch {

namespace {

/// Lives in the watching thread.
class Watch : public QObject
{
public:
    static Watch &instance()
    {
        static Watch *watch = [] {
            auto *thread = new QThread;
            thread->setObjectName(QStringLiteral("task watch"));
            auto *made = new Watch;
            made->moveToThread(thread);
            thread->start();
            QMetaObject::invokeMethod(made, [] { trace::setThreadName("task watch"); });
            return made;
        }();
        return *watch;
    }

    void add(Instant deadline, TaskControl &control)
    {
        bool isNext = false;
        {
            const std::lock_guard lock(m_mutex);
            m_deadlines.emplace(deadline, &control);
            isNext = m_deadlines.begin()->first == deadline;
        }
        if (isNext)
            QMetaObject::invokeMethod(this, HandedOver([this] { expireDue(); }));
    }
    void remove(Instant deadline, TaskControl &control)
    {
        const std::lock_guard lock(m_mutex);
        m_deadlines.erase({deadline, &control});
    }

private:
    Watch()
        : m_timer(this)
    {
        m_timer.setSingleShot(true);
        m_timer.setTimerType(Qt::PreciseTimer);
        connect(&m_timer, &QTimer::timeout, this, [this] { expireDue(); });
    }

    void expireDue()
    {
        std::vector<std::shared_ptr<TaskControl>> due;
        {
            const std::lock_guard lock(m_mutex);
            const Instant now = Instant::clock::now();
            while (!m_deadlines.empty() && m_deadlines.begin()->first <= now) {
                // Null: its destructor waits for the lock to remove itself.
                if (auto control = m_deadlines.begin()->second->weak_from_this().lock())
                    due.push_back(std::move(control));
                m_deadlines.erase(m_deadlines.begin());
            }
            if (!m_deadlines.empty()) {
                using std::chrono::milliseconds;
                const auto left = std::chrono::ceil<milliseconds>(m_deadlines.begin()->first - now);
                m_timer.start(std::min(left, milliseconds(std::chrono::hours(24))));
            }
        }
        for (const auto &control : due)
            control->expire();
    }

    std::mutex m_mutex;
    std::set<std::pair<Instant, TaskControl *>> m_deadlines;
    QTimer m_timer;
};

} // namespace

void add(Instant deadline, TaskControl &control)
{
    Watch::instance().add(deadline, control);
}

void remove(Instant deadline, TaskControl &control)
{
    Watch::instance().remove(deadline, control);
}

void stopWhenCancelled(const QFuture<void> &future, const std::stop_source &stop)
{
    QMetaObject::invokeMethod(&Watch::instance(), HandedOver([future, stop]() mutable {
        auto *watcher = new QFutureWatcher<void>;
        QObject::connect(watcher, &QFutureWatcher<void>::canceled, watcher,
                         [stop]() mutable { stop.request_stop(); });
        QObject::connect(watcher, &QFutureWatcher<void>::finished, watcher, &QObject::deleteLater);
        watcher->setFuture(future);
        if (future.isCanceled())
            stop.request_stop();
    }));
}

} // namespace heddle::taskwatch
