// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/subscriberlist.h>

#include <heddle/core/error.h>
#include <heddle/core/handlercall.h>
#include <heddle/core/subscriber.h>

#include <algorithm>
#include <utility>

namespace heddle {

SubscriberList::SubscriberList(std::string_view exchangeName)
    : m_object(trace::ObjectKind::Exchange, exchangeName)
    , m_current(nullptr)
    , m_list(std::make_unique<AttachmentList>(0))
{
    m_current = m_list.get();
}

SubscriberList::~SubscriberList() = default;

bool SubscriberList::add(const std::shared_ptr<SubscriberBase> &subscriber)
{
    std::unique_ptr<const AttachmentList> former;
    {
        const std::lock_guard lock(m_mutex);
        if (!subscriber || subscriber->m_list.lock().get() != this) {
            throw Misuse(QStringLiteral("This subscriber was made by another exchange"),
                         QString::fromUtf8(m_object.name().text()),
                         QStringLiteral("Attach it to the exchange whose subscriber() made it"));
        }
        const quint64 number = subscriber->isAttached() ? 0 : subscriber->nextAttachment();
        if (number == 0)
            return false;
        const auto attached = m_list->all();
        if (attached.size() == m_list->room()) {
            const std::size_t room = std::max<std::size_t>(4, 2 * attached.size());
            auto next = std::make_unique<AttachmentList>(room);
            for (const Attachment &attachment : attached)
                next->append(attachment);
            former = replace(std::move(next));
        }
        m_list->append({subscriber, number, subscriber->isDirect()});
        subscriber->m_attached = true;
        count();
    }
    if (former)
        HandlerCall::retire(std::move(former));
    return true;
}

bool SubscriberList::remove(const std::shared_ptr<SubscriberBase> &subscriber, Ending ending)
{
    std::unique_ptr<const AttachmentList> former;
    {
        const std::lock_guard lock(m_mutex);
        const auto attached = m_list->all();
        const bool isHere = std::any_of(
                attached.begin(), attached.end(),
                [&](const Attachment &attachment) { return attachment.subscriber == subscriber; });
        if (isHere) {
            auto next = std::make_unique<AttachmentList>(m_list->room());
            for (const Attachment &attachment : attached) {
                if (attachment.subscriber != subscriber)
                    next->append(attachment);
            }
            subscriber->m_attached = false;
            former = replace(std::move(next));
            count();
        }
        if (ending == Ending::AtOnce)
            subscriber->endAttachments();
    }
    if (!former)
        return false;
    HandlerCall::retire(std::move(former));
    return true;
}

void SubscriberList::clear()
{
    std::unique_ptr<const AttachmentList> former;
    {
        const std::lock_guard lock(m_mutex);
        for (const Attachment &attachment : m_list->all())
            attachment.subscriber->m_attached = false;
        former = replace(std::make_unique<AttachmentList>(0));
        count();
    }
    HandlerCall::retire(std::move(former));
}

int SubscriberList::size() const
{
    const std::lock_guard lock(m_mutex);
    return static_cast<int>(m_list->all().size());
}

std::unique_ptr<const AttachmentList> SubscriberList::replace(std::unique_ptr<AttachmentList> next)
{
    m_current.store(next.get()); // pairs with HandlerCall::hold()
    return std::exchange(m_list, std::move(next));
}

void SubscriberList::count()
{
    m_object.count(static_cast<qint64>(m_list->all().size()));
}

void SubscriberList::setErrorHandler(ErrorHandler handler)
{
    auto next = handler ? std::make_shared<const ErrorHandler>(std::move(handler)) : nullptr;
    const std::lock_guard lock(m_mutex);
    m_errorHandler.swap(next);
}

void SubscriberList::reportError(const std::exception_ptr &error) noexcept
{
    const QString exchange = QString::fromUtf8(m_object.name().text());
    const QString what = SubscriberBase::describe(error);
    std::shared_ptr<const ErrorHandler> handler;
    {
        const std::lock_guard lock(m_mutex);
        handler = m_errorHandler;
    }
    if (!handler) {
        qWarning("heddle::Exchange %s: a subscriber failed: %s", qPrintable(exchange),
                 qPrintable(what));
        return;
    }
    try {
        (*handler)(what, error);
    } catch (...) {
        qWarning("heddle::Exchange %s: a subscriber failed: %s; so did the error handler: %s",
                 qPrintable(exchange), qPrintable(what),
                 qPrintable(SubscriberBase::describe(std::current_exception())));
    }
}

} // namespace heddle
