// SPDX-License-Identifier: Apache-2.0
// A file of its own, since HEDDLE_NO_TRACE holds for all that follows it.
#define HEDDLE_NO_TRACE
#include <heddle/trace/slice.h>

#include <benchmark/benchmark.h>

namespace {
void sliceCompiledOut(benchmark::State &state)
{
    for (auto _ : state) {
        HEDDLE_SLICE("work");
        benchmark::ClobberMemory();
    }
}
BENCHMARK(sliceCompiledOut);
} // namespace
