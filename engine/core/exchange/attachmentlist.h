// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtGlobal>

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>

namespace heddle {

class SubscriberBase;

/// One stay of a subscriber in an exchange.
struct Attachment
{
    std::shared_ptr<SubscriberBase> subscriber;
    quint64 number = 0; ///< 1, 2, 3 … for each subscriber
    bool isDirect = false;
};

/// The attachments of an exchange in the order in which they began. It grows at its end only, as
/// far as its room goes; who leaves is missing in the next list.
///
/// Threads: append() under the mutex of its owner; all() any thread, while the list lives.
class AttachmentList
{
public:
    explicit AttachmentList(std::size_t room)
        : m_room(room)
        , m_attachments(std::make_unique<Attachment[]>(room))
    {}
    AttachmentList(const AttachmentList &) = delete;
    AttachmentList &operator=(const AttachmentList &) = delete;

    /// Where there is room.
    void append(Attachment attachment)
    {
        const std::size_t size = m_size.load(std::memory_order_relaxed); // only we change it
        m_attachments[size] = std::move(attachment);
        m_size.store(size + 1, std::memory_order_release); // pairs with all()
    }
    /// Those of this instant.
    [[nodiscard]] std::span<const Attachment> all() const
    {
        return {m_attachments.get(), m_size.load(std::memory_order_acquire)}; // pairs with append()
    }
    [[nodiscard]] std::size_t room() const { return m_room; }

private:
    std::atomic<std::size_t> m_size{0};
    std::size_t m_room;
    std::unique_ptr<Attachment[]> m_attachments;
};

} // namespace heddle
