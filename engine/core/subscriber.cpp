// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/subscriber.h>

#include <heddle/core/subscriberlist.h>

#include <algorithm>

namespace heddle {

namespace {
// Deletes a receiver in the thread that it lives in, where events for it may be on their way.
void deleteReceiver(QObject *receiver)
{
    if (receiver)
        receiver->deleteLater();
}
} // namespace

SubscriberBase::SubscriberBase(const std::shared_ptr<SubscriberList> &list,
                               SubscriptionOptions options)
    : m_options(options)
    , m_exchangeName(QString::fromUtf8(list->object().name().text()))
    , m_mailbox(options.delivery == Delivery::Direct ? trace::ObjectKind::Unknown
                                                     : trace::ObjectKind::Queue,
                (m_exchangeName + QStringLiteral(" mailbox")).toStdString(), options.capacity)
    , m_receiver(nullptr, deleteReceiver)
    , m_list(list)
{
    if (options.delivery == Delivery::Direct)
        return;
    if (!options.context) {
        throw Error(QStringLiteral("A queued subscription needs a context object"), m_exchangeName,
                    QStringLiteral("Give an object that lives in the thread that shall handle it"));
    }
    m_receiver.reset(new QObject);
    m_receiver->moveToThread(options.context->thread());
}

SubscriberBase::~SubscriberBase()
{
    QObject::disconnect(m_contextsEnd); // contexts outlive many subscribers
}

void SubscriberBase::watchContext()
{
    if (!m_options.context)
        return;
    // Direct: when destroyed() has returned, nothing may reach the context any more.
    m_contextsEnd = QObject::connect(
            m_options.context, &QObject::destroyed, m_options.context,
            [weak = weak_from_this()] {
                const auto subscriber = weak.lock();
                if (!subscriber)
                    return;
                {
                    const std::lock_guard lock(subscriber->m_mutex);
                    subscriber->m_contextGone = true;
                }
                subscriber->detachAndWait();
            },
            Qt::DirectConnection);
}

bool SubscriberBase::detach()
{
    const auto list = m_list.lock();
    return list && list->remove(shared_from_this());
}

bool SubscriberBase::detachAndWait()
{
    const bool wasAttached = detach();
    discardAndWait();
    return wasAttached;
}

bool SubscriberBase::admit()
{
    const std::lock_guard lock(m_mutex);
    if (m_contextGone)
        return false;
    m_discarded = false;
    return true;
}

bool SubscriberBase::enter()
{
    const std::lock_guard lock(m_mutex);
    if (m_discarded)
        return false;
    m_running.push_back(QThread::currentThreadId());
    return true;
}

void SubscriberBase::leave()
{
    const std::lock_guard lock(m_mutex);
    // One call of this thread: it may have sent to itself.
    m_running.erase(std::find(m_running.begin(), m_running.end(), QThread::currentThreadId()));
    m_changed.wakeAll();
}

bool SubscriberBase::isReceiversThread() const
{
    return m_receiver->thread() == QThread::currentThread();
}

void SubscriberBase::discardAndWait()
{
    const Qt::HANDLE thread = QThread::currentThreadId();
    std::unique_lock lock(m_mutex);
    m_discarded = true;
    clearWaiting();
    m_changed.wakeAll();
    // A handler that ends its own subscription cannot wait for itself.
    const auto isQuiet = [this, thread] {
        return std::all_of(m_running.begin(), m_running.end(),
                           [thread](Qt::HANDLE running) { return running == thread; });
    };
    if (!isQuiet()) {
        m_changed.wait(lock, m_mailbox.id(), trace::WaitReason::Condition, WaitPoint::Forever, {},
                       isQuiet, [] { return false; });
    }
}

} // namespace heddle
