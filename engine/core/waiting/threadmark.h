// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <QtGlobal>

namespace heddle {

/// A number that no other living thread has: never 0, the lowest three bits are 0. By it a lock
/// knows its holder. Any thread; never blocks; one or two instructions.
class HEDDLE_ENGINE_EXPORT ThreadMark
{
public:
    [[nodiscard]] static quintptr current() noexcept { return reinterpret_cast<quintptr>(&t_mark); }

private:
#if defined(__GNUC__) && !defined(__MINGW32__)
    // Initial-exec: an addition instead of a call to find the variable in a shared library.
    __attribute__((tls_model("initial-exec")))
#endif
    alignas(8) static thread_local char t_mark;
};

} // namespace heddle
