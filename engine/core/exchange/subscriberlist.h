// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/attachmentlist.h>
#include <heddle/trace/object.h>

#include <QString>

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

namespace heddle {

/// Who is attached to an exchange. Its subscribers know it, and may outlive the exchange.
///
/// Threads: any; no call blocks for longer than a copy of the list takes. Cost: attaching is
/// amortised O(1), detaching O(n) and some microseconds.
class HEDDLE_ENGINE_EXPORT SubscriberList
{
public:
    using ErrorHandler = std::function<void(const QString &what, const std::exception_ptr &error)>;

    explicit SubscriberList(std::string_view exchangeName);
    ~SubscriberList();
    SubscriberList(const SubscriberList &) = delete;
    SubscriberList &operator=(const SubscriberList &) = delete;

    /// False if it is attached already or its context is gone. \throws Misuse when it belongs to
    /// another list.
    bool add(const std::shared_ptr<SubscriberBase> &subscriber);
    /// How an attachment ends: for sends that begin from now on, or what is on its way too.
    enum class Ending { ForLaterSends, AtOnce };
    /// False if it is not attached. AtOnce ends its former attachments all the same.
    bool remove(const std::shared_ptr<SubscriberBase> &subscriber, Ending ending);
    /// Detaches all.
    void clear();
    /// A snapshot.
    [[nodiscard]] int size() const;
    /// For HandlerCall::hold(). A send goes to those of that instant, whatever comes or goes
    /// meanwhile.
    [[nodiscard]] const std::atomic<const AttachmentList *> &current() const { return m_current; }

    /// Null: the default, a warning.
    void setErrorHandler(ErrorHandler handler);
    /// Tells of \a error, which a subscriber threw and no sender waits for. Never throws.
    void reportError(const std::exception_ptr &error) noexcept;

    [[nodiscard]] const trace::Object &object() const { return m_object; }

private:
    /// Makes \a next the current list and returns the former one, to be retired without the mutex:
    /// what the last reference to a subscriber lets go may end subscriptions of this list.
    [[nodiscard]] std::unique_ptr<const AttachmentList>
    replace(std::unique_ptr<AttachmentList> next);
    void count();

    trace::Object m_object;
    std::atomic<const AttachmentList *> m_current;
    mutable std::mutex m_mutex;
    std::unique_ptr<AttachmentList> m_list; ///< what m_current points to
    std::shared_ptr<const ErrorHandler> m_errorHandler;
};

} // namespace heddle
