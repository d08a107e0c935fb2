// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/subscriberlist.h>

#include <algorithm>
#include <utility>

namespace heddle {

SubscriberList::SubscriberList(std::string_view exchangeName)
    : m_object(trace::ObjectKind::Exchange, exchangeName)
    , m_subscribers(std::make_shared<const Subscribers>())
{}

bool SubscriberList::add(const std::shared_ptr<SubscriberBase> &subscriber)
{
    std::shared_ptr<const Subscribers> former;
    const std::lock_guard lock(m_mutex);
    if (subscriber->m_list.lock().get() != this) {
        throw Error(QStringLiteral("This subscriber was made by another exchange"),
                    QString::fromUtf8(m_object.name().text()),
                    QStringLiteral("Attach it to the exchange whose subscriber() made it"));
    }
    if (subscriber->isAttached() || !subscriber->admit())
        return false;
    subscriber->m_attached = true;
    auto next = std::make_shared<Subscribers>(*m_subscribers);
    next->push_back(subscriber);
    former = replace(std::move(next));
    return true;
}

bool SubscriberList::remove(const std::shared_ptr<SubscriberBase> &subscriber)
{
    std::shared_ptr<const Subscribers> former;
    const std::lock_guard lock(m_mutex);
    const auto found = std::find(m_subscribers->begin(), m_subscribers->end(), subscriber);
    if (found == m_subscribers->end())
        return false;
    subscriber->m_attached = false;
    auto next = std::make_shared<Subscribers>(*m_subscribers);
    next->erase(next->begin() + (found - m_subscribers->begin()));
    former = replace(std::move(next));
    return true;
}

void SubscriberList::clear()
{
    std::shared_ptr<const Subscribers> former;
    const std::lock_guard lock(m_mutex);
    for (const std::shared_ptr<SubscriberBase> &subscriber : *m_subscribers)
        subscriber->m_attached = false;
    former = replace(std::make_shared<const Subscribers>());
}

std::shared_ptr<const SubscriberList::Subscribers> SubscriberList::snapshot() const
{
    const std::lock_guard lock(m_mutex);
    return m_subscribers;
}

std::shared_ptr<const SubscriberList::Subscribers>
SubscriberList::replace(std::shared_ptr<const Subscribers> next)
{
    m_object.count(static_cast<qint64>(next->size()));
    return std::exchange(m_subscribers, std::move(next));
}

} // namespace heddle
