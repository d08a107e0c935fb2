// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/tracestore.h>

#include <unordered_set>
#include <vector>

namespace heddle {

/// A number for each thread that no other one has, since readers tell threads apart by it: the
/// operating system's, unless it has none or an earlier thread had it too.
inline std::vector<std::int64_t> uniqueThreadNumbers(const std::vector<ThreadInfo> &threads)
{
    constexpr std::int64_t beyond = 1'000'000'000; // greater than any that a system gives
    std::unordered_set<std::int64_t> used;
    std::vector<std::int64_t> numbers;
    for (const ThreadInfo &thread : threads) {
        const auto position = static_cast<std::int64_t>(numbers.size());
        const bool isFree = thread.tid > 0 && thread.tid < beyond && used.insert(thread.tid).second;
        numbers.push_back(isFree ? thread.tid : beyond + position);
    }
    return numbers;
}

} // namespace heddle
