// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/subscriber.h>

namespace heddle {

SubscriberBase::SubscriberBase(const std::shared_ptr<SubscriberList> &list)
    : m_list(list)
    , m_exchange(list->object().id())
{}

SubscriberBase::~SubscriberBase()
{
    QObject::disconnect(m_contextsEnd); // contexts outlive many subscribers
}

void SubscriberBase::watchContext(QObject *context)
{
    if (!context)
        return;
    // Direct: when destroyed() has returned, nothing may reach the context any more.
    m_contextsEnd = QObject::connect(
            context, &QObject::destroyed, context,
            [weak = weak_from_this()] {
                const auto subscriber = weak.lock();
                if (!subscriber)
                    return;
                subscriber->m_contextGone = true;
                try {
                    subscriber->detachAndWait();
                } catch (const Misuse &error) {
                    qFatal("%s",
                           error.what()); // the context cannot wait, nor go before the handler
                }
            },
            Qt::DirectConnection);
}

bool SubscriberBase::detach()
{
    const auto list = m_list.lock();
    return list && list->remove(shared_from_this(), SubscriberList::Ending::ForLaterSends);
}

bool SubscriberBase::detachAndWait()
{
    bool wasAttached = false;
    if (const auto list = m_list.lock())
        wasAttached = list->remove(shared_from_this(), SubscriberList::Ending::AtOnce);
    else
        endAttachments(); // without an exchange there will be no more
    const quint64 last = m_ended.load();
    discardWaiting();
    HandlerCall::waitUntilLeft(*this, last, m_exchange);
    return wasAttached;
}

quint64 SubscriberBase::nextAttachment()
{
    return m_contextGone ? 0 : ++m_attachments;
}

void SubscriberBase::reportError(const std::exception_ptr &error) const
{
    if (const auto list = m_list.lock()) {
        list->reportError(error);
        return;
    }
    qWarning("heddle::Exchange: a subscriber failed after its exchange's end: %s",
             qPrintable(describe(error)));
}

QString SubscriberBase::describe(const std::exception_ptr &error)
{
    try {
        std::rethrow_exception(error);
    } catch (const std::exception &failure) {
        return QString::fromUtf8(failure.what());
    } catch (...) {
        return QStringLiteral("a subscriber threw something that is not an exception");
    }
}

} // namespace heddle
