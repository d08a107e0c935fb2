// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/name.h>
#include <heddle/trace/threadwriter.h>

#include <limits>

namespace heddle::trace {

/// Whether a queue's item is something that travels, drawn as a flow from put to take, or only
/// takes a place in the queue, as a sentinel does.
enum class Item : std::uint8_t { Travels, Marks };

/// The identity of something threads share or wait for: a queue, an event, a mutex …
///
/// Held by value inside each primitive. The object is known to the trace from its construction,
/// or from the start of a recording that begins later, until its destruction. Any thread.
class HEDDLE_ENGINE_EXPORT Object
{
public:
    /// \a capacity in items or permits; 0 means unbounded or not applicable.
    Object(ObjectKind kind, std::string_view name, std::int64_t capacity = 0);
    ~Object();
    Object(const Object &) = delete;
    Object &operator=(const Object &) = delete;

    /// 1, 2, 3 …; of no other object of this process.
    [[nodiscard]] ObjectId id() const noexcept { return m_id; }
    [[nodiscard]] Name name() const noexcept { return m_name; }

    /// Reports the object's value: depth of a queue, free permits … Never blocks.
    void count(std::int64_t value) const noexcept
    {
        if (ThreadWriter *writer = ThreadWriter::current()) [[unlikely]]
            writeCount(writer, value);
    }

    // For a queue's items: one record each, from which the reader derives the queue's depth and
    // the flow of the item from put to take. They replace count() and Flow. The position is the
    // item's number in its queue: 0, 1, 2 … in the order of the puts. (Of objects above number
    // 16,777,215 nothing is written.) Any thread; never block.

    /// Item number \a position comes into the queue. Call it before another thread can take it;
    /// Ordered where the put follows from another thread's doing, such as a place made free.
    void itemPut(std::uint64_t position, Stamp stamp = Stamp::Plain,
                 Item item = Item::Travels) const noexcept
    {
        if (ThreadWriter *writer = ThreadWriter::current()) [[unlikely]] {
            writeItem(writer, item == Item::Travels ? RecordType::ItemPut : RecordType::MarkerPut,
                      position, stamp);
        }
    }
    /// Item number \a position was taken, to be used by the calling thread. Call it before the
    /// place that it leaves can be filled. \a item as it was put.
    void itemTaken(std::uint64_t position, Item item = Item::Travels) const noexcept
    {
        if (ThreadWriter *writer = ThreadWriter::current()) [[unlikely]] {
            writeItem(writer,
                      item == Item::Travels ? RecordType::ItemTaken : RecordType::MarkerTaken,
                      position, Stamp::Ordered);
        }
    }
    /// Item number \a position left the queue and reaches nobody. \a item as it was put.
    void itemDropped(std::uint64_t position, Item item = Item::Travels) const noexcept
    {
        if (ThreadWriter *writer = ThreadWriter::current()) [[unlikely]] {
            writeItem(writer,
                      item == Item::Travels ? RecordType::ItemDropped : RecordType::MarkerDropped,
                      position, Stamp::Ordered);
        }
    }

private:
    void writeItem(ThreadWriter *writer, RecordType type, std::uint64_t position,
                   Stamp stamp) const noexcept
    {
        if (m_id > ItemPayload::LastObject) [[unlikely]]
            return;
        const std::uint64_t payload = ItemPayload::make(m_id, position);
        if (stamp == Stamp::Ordered)
            writer->writeOrdered(type, payload);
        else
            writer->write(type, payload);
    }
    void writeCount(ThreadWriter *writer, std::int64_t value) const noexcept
    {
        if (value == static_cast<std::int32_t>(value)) [[likely]] {
            writer->writeOrdered(RecordType::Counter,
                                 Record::pair(m_id, static_cast<std::uint32_t>(value)));
        } else if (writer->writeLong(RecordType::CounterWide, m_id, 1)) {
            writer->append(RecordType::Value, 0, static_cast<std::uint64_t>(value));
            writer->publishUnits();
        }
    }

    ObjectId m_id;
    Name m_name;
};

/// The time that the calling thread waits for an object, from construction to finish().
///
/// Whoever ends a wait says so: the primitive hands over the waker's currentThread().
/// Create and finish it in the same thread; it never blocks itself.
class Wait
{
public:
    /// Begins the wait.
    Wait(const Object &object, WaitReason reason) noexcept
        : Wait(object.id(), reason)
    {}
    /// Begins the wait.
    Wait(ObjectId object, WaitReason reason) noexcept
        : m_writer(ThreadWriter::current())
        , m_object(object)
    {
        if (m_writer) [[unlikely]] {
            m_generation = m_writer->generation();
            m_writer->write(RecordType::WaitBegin,
                            Record::pair(object, static_cast<std::uint32_t>(reason)));
        }
    }
    ~Wait() { finish(WaitOutcome::Woken, 0); }
    Wait(const Wait &) = delete;
    Wait &operator=(const Wait &) = delete;

    /// Ends the wait; a second call does nothing. \a waker is 0 when nobody in particular ended it.
    void finish(WaitOutcome outcome, ThreadIndex waker) noexcept
    {
        if (m_writer && ThreadWriter::isCurrent(m_writer, m_generation)) [[unlikely]] {
            const std::uint32_t high = (waker & 0xffffff)
                                       | (static_cast<std::uint32_t>(outcome) << 24);
            m_writer->writeOrdered(RecordType::WaitEnd, Record::pair(m_object, high));
        }
        m_writer = nullptr;
    }

private:
    ThreadWriter *m_writer;
    ObjectId m_object;
    std::uint32_t m_generation = 0;
};

/// A number that the program reports under a name of its own, shown as a graph.
class ReportedCounter
{
public:
    /// The \a name is what the timeline shows.
    explicit ReportedCounter(std::string_view name)
        : m_object(ObjectKind::Counter, name)
    {}
    /// Any thread; never blocks.
    void set(std::int64_t value) const noexcept { m_object.count(value); }

private:
    Object m_object;
};

} // namespace heddle::trace
