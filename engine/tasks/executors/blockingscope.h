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
///     const BlockingScope blocking;
///     file.readAll();
/// });
/// \endcode
class HEDDLE_ENGINE_EXPORT BlockingScope
{
public:
    /// The calling thread is about to block.
    BlockingScope() noexcept;
    /// It goes on.
    ~BlockingScope();
    BlockingScope(const BlockingScope &) = delete;
    BlockingScope &operator=(const BlockingScope &) = delete;

private:
    friend class Executor;
    static void begin(Executor &executor) noexcept;
    static void end(Executor &executor) noexcept;

    Executor *m_executor;
};

} // namespace heddle
