// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace heddle {

/// What one thread recorded about something that several threads tell of: a counter, a flow, a
/// task, an item. It waits until all that is older has been read.
struct SharedEvent
{
    enum class Kind : std::uint8_t {
        Sample,      ///< id: the value; object
        Flow,        ///< id; detail: FlowPhase; tag: FlowKind
        TaskCreated, ///< id; detail: TaskKind; object: executor; name
        TaskState,   ///< id; detail: TaskState; tag: WaitReason; object
        ItemPut,     ///< id: position; object; tag: whether it has a flow
        ItemTaken,
        ItemDropped,
    };
    static constexpr std::uint32_t NoObject = 0xffffffff;

    std::int64_t ns = 0;
    std::uint64_t id = 0;
    std::uint32_t thread = 0; ///< handle
    std::uint32_t object = NoObject;
    std::uint32_t name = 0;
    Kind kind = Kind::Sample;
    std::uint8_t detail = 0;
    std::uint8_t tag = 0;
};

/// Numbers for flows that the reader makes up: none that a recording has, whose numbers have
/// 56 bits, nor one of another process in the same store.
class DerivedFlows
{
public:
    explicit DerivedFlows(std::size_t process)
        : m_next((std::uint64_t{1} << 63) | ((std::uint64_t{process} & 0x7fff) << 48))
    {}
    std::uint64_t next() { return ++m_next; }

private:
    std::uint64_t m_next;
};

} // namespace heddle
