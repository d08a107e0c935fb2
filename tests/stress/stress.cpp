// SPDX-License-Identifier: Apache-2.0
#include "stress.h"

#include <QString>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <latch>
#include <vector>

namespace stress {

namespace {
quint64 chosenSeed()
{
    bool isGiven = false;
    quint64 seed = qEnvironmentVariable("HEDDLE_SEED").toULongLong(&isGiven);
    if (!isGiven)
        seed = std::random_device()();
    std::printf("seed %llu (replay with HEDDLE_SEED=%llu)\n", seed, seed);
    std::fflush(stdout); // also when the test hangs or dies
    return seed;
}
} // namespace

quint64 seed()
{
    static const quint64 seed = chosenSeed();
    return seed;
}

int rounds(int count)
{
    const int factor = qEnvironmentVariableIntValue("HEDDLE_STRESS");
    return count * std::max(1, factor);
}

void together(int threads, int round, const std::function<void(int, Chance &)> &function)
{
    std::latch begin(threads);
    std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(threads));
    {
        std::vector<std::jthread> running;
        for (int k = 0; k < threads; ++k) {
            running.emplace_back([&, k] {
                Chance chance(static_cast<quint64>(round) * 1000 + static_cast<quint64>(k));
                begin.arrive_and_wait();
                try {
                    function(k, chance);
                } catch (...) {
                    thrown[static_cast<std::size_t>(k)] = std::current_exception();
                }
            });
        }
    }
    for (const std::exception_ptr &exception : thrown) {
        if (exception)
            std::rethrow_exception(exception);
    }
}

} // namespace stress
