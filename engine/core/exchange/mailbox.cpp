// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/mailbox.h>

#include <heddle/core/error.h>
#include <heddle/core/handedover.h>
#include <heddle/core/subscriber.h>

#include <QThread>

namespace heddle {

// In the thread that it lives in, where events for it may be on their way.
void MailboxBase::DeleteLater::operator()(QObject *receiver) const
{
    receiver->deleteLater();
}

MailboxBase::MailboxBase(const SubscriptionOptions &options, const QString &exchangeName)
    : m_options(options)
    , m_object(trace::ObjectKind::Queue, (exchangeName + QStringLiteral(" mailbox")).toStdString(),
               options.capacity)
    , m_exchangeName(exchangeName)
    , m_receiver(new QObject)
{
    if (!options.context) {
        throw Misuse(
                QStringLiteral("A queued subscription needs a context object"), exchangeName,
                QStringLiteral("Give an object that lives in the thread that shall handle it"));
    }
    m_receiver->moveToThread(options.context->thread());
}

MailboxBase::~MailboxBase() = default;

void MailboxBase::refuseReceiver(const QString &why, const QString &remedy) const
{
    if (m_receiver->thread() == QThread::currentThread())
        throw Misuse(why, m_exchangeName, remedy);
}

void MailboxBase::postDrain(std::shared_ptr<SubscriberBase> subscriber)
{
    QMetaObject::invokeMethod(m_receiver.get(),
                              HandedOver([keep = std::move(subscriber)] { keep->drain(); }),
                              Qt::QueuedConnection);
    m_drainPosted = true;
}

} // namespace heddle
