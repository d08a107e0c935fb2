// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/threadwriter.h>

namespace heddle::trace {

/// One thing that travels between threads: a queue's item, a task, a message.
///
/// Copy it along with what travels; it is as large as a pointer. An empty flow (recording was off
/// at its beginning) does nothing, nor does one from another recording. Any thread; never blocks.
class Flow
{
public:
    constexpr Flow() = default;

    /// Starts a flow at the calling thread's present slice.
    [[nodiscard]] static Flow begin(FlowKind kind) noexcept
    {
        Flow flow;
        if (ThreadWriter *writer = ThreadWriter::current()) [[unlikely]] {
            flow.m_value = Record::tagged(writer->nextFlow(), static_cast<std::uint8_t>(kind));
            writer->write(RecordType::FlowBegin, flow.m_value);
        }
        return flow;
    }
    /// Passes the calling thread's present slice.
    void step() const noexcept { write(RecordType::FlowStep); }
    /// Arrives at the calling thread's present slice.
    void end() const noexcept { write(RecordType::FlowEnd); }
    /// For the flow of a task: its task goes into \a state now.
    void taskState(TaskState state) const noexcept
    {
        if (!m_value)
            return;
        if (ThreadWriter *writer = ThreadWriter::current(); writer && writer->owns(id())) {
            writer->writeOrdered(RecordType::TaskStateChanged,
                                 Record::tagged(m_value, static_cast<std::uint8_t>(state)));
        }
    }
    /// 0 when it is empty.
    [[nodiscard]] constexpr FlowId id() const noexcept { return m_value & Record::TickMask; }
    /// False when it is empty.
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return m_value != 0; }

private:
    void write(RecordType type) const noexcept
    {
        if (!m_value)
            return;
        if (ThreadWriter *writer = ThreadWriter::current(); writer && writer->owns(id()))
            writer->writeOrdered(type, m_value);
    }

    std::uint64_t m_value = 0;
};

} // namespace heddle::trace
