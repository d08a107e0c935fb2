// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>
#include <heddle/trace/record.h>

#include <string_view>

namespace heddle::trace {

/// An interned string: a number that stands for a name in every record.
///
/// Interning takes a lock and may allocate, so it is done once per call site (the macros hold a
/// static Name). Names live until the process ends. Any thread; blocks only for the lock.
class HEDDLE_ENGINE_EXPORT Name
{
public:
    constexpr Name() = default;
    /// Interns \a text (UTF-8; at most 64 KiB, longer text is cut).
    explicit Name(std::string_view text);

    /// 0 for the empty string.
    [[nodiscard]] constexpr NameId id() const { return m_id; }
    /// The text, valid until the process ends.
    [[nodiscard]] std::string_view text() const;

    friend constexpr bool operator==(Name, Name) = default;

private:
    NameId m_id = 0;
};

} // namespace heddle::trace
