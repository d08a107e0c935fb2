// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

namespace heddle {

class Executor;

/// For the time that a task blocks on something that is not one of Heddle's primitives: a file, a
/// library's lock. The executor lets another thread take over meanwhile, as its
/// BlockedWorkerPolicy says; the primitives do this by themselves.
///
/// Does nothing outside of tasks. Threads: create and destroy it in the same one; they nest. May
/// start a thread.
///
/// \code
/// executor.post([&] {
///     const Blocking blocking;
///     file.readAll();
/// });
/// \endcode
class HEDDLE_ENGINE_EXPORT Blocking
{
public:
    Blocking() noexcept;
    ~Blocking();
    Blocking(const Blocking &) = delete;
    Blocking &operator=(const Blocking &) = delete;

private:
    friend class Executor;
    static void begin(Executor &executor) noexcept;
    static void end(Executor &executor) noexcept;

    Executor *m_executor;
};

} // namespace heddle
