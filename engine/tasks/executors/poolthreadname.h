// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <atomic>
#include <string>
#include <string_view>

namespace heddle {

/// Names the threads of a pool that somebody else starts: "name 1", "name 2" … in the order in
/// which they first work. Threads: any.
class HEDDLE_ENGINE_EXPORT PoolThreadName
{
public:
    /// \a name is what the numbers follow.
    explicit PoolThreadName(std::string_view name)
        : m_name(name)
    {}
    /// Names the calling thread if this pool has not named it yet. Cheap when it has.
    void apply();

private:
    std::string m_name;
    std::atomic<int> m_threads{0};
};

} // namespace heddle
