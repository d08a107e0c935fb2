// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/subscriber.h>
#include <heddle/trace/object.h>

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace heddle {

/// Who is attached to an exchange. Its subscribers know it, and may outlive the exchange.
///
/// Threads: any; no call blocks for longer than a copy of the list takes.
class HEDDLE_ENGINE_EXPORT SubscriberList
{
public:
    using Subscribers = std::vector<std::shared_ptr<SubscriberBase>>;

    explicit SubscriberList(std::string_view exchangeName);

    /// False if it is attached already or its context is gone. \throws Error when it belongs to
    /// another list.
    bool add(const std::shared_ptr<SubscriberBase> &subscriber);
    /// False if it is not attached.
    bool remove(const std::shared_ptr<SubscriberBase> &subscriber);
    /// Detaches all.
    void clear();
    /// The subscribers of this instant. A send goes to these, whatever comes or goes meanwhile.
    [[nodiscard]] std::shared_ptr<const Subscribers> snapshot() const;

    [[nodiscard]] const trace::Object &object() const { return m_object; }

private:
    /// Returns the former ones, for release without the mutex: what the last reference to a
    /// subscriber lets go may end subscriptions of this list.
    [[nodiscard]] std::shared_ptr<const Subscribers>
    replace(std::shared_ptr<const Subscribers> next);

    trace::Object m_object;
    mutable std::mutex m_mutex;
    std::shared_ptr<const Subscribers> m_subscribers; ///< copied when changed
};

} // namespace heddle
