// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <QtGlobal>

#include <string_view>

namespace heddle {

/// How a call ended that may end in several expected ways: a value, where misuse and failures
/// throw.
///
/// True when the call did what its name says. As small as a byte. Any thread.
///
/// \code
/// if (const Outcome outcome = queue.putFor(item, 10ms); !outcome)
///     qInfo() << outcome.text(); // "full", "shut down" …
/// \endcode
class Outcome
{
public:
    /// How it ended.
    enum Value : quint8 {
        Done,     ///< the call did what its name says
        TimedOut, ///< not within the timeout
        Stopped,  ///< the stop token ended it
        Full,     ///< no room, or none within the timeout; the item is as it was
        Empty,    ///< no item, or none within the timeout
        ShutDown, ///< the object was shut down
        Broken, ///< the object is broken: a barrier that somebody left, an executor without workers
        Cancelled, ///< what was waited for was cancelled
    };

    /// Implicit: a function returns Outcome::Done.
    constexpr Outcome(Value value) noexcept
        : m_value(value)
    {}

    /// True if it is Done.
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return m_value == Done; }
    /// For a switch.
    [[nodiscard]] constexpr Value value() const noexcept { return m_value; }
    /// In English, for messages: "timed out".
    [[nodiscard]] HEDDLE_ENGINE_EXPORT std::string_view text() const noexcept;

    friend constexpr bool operator==(Outcome, Outcome) noexcept = default;
    friend constexpr bool operator==(Outcome outcome, Value value) noexcept
    {
        return outcome.m_value == value;
    }

private:
    Value m_value;
};

} // namespace heddle
