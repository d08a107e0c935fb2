// SPDX-License-Identifier: Apache-2.0
// Records until it is killed: numbered instants within slices, from two threads. Says "ready" once
// both have begun.
#include <heddle/trace/recorder.h>
#include <heddle/trace/slice.h>

#include <cstdio>
#include <latch>
#include <thread>

using namespace heddle::trace;

int main(int argc, char **argv)
{
    if (argc != 2 || Recorder::start(argv[1]))
        return 1;
    std::latch begun(3);
    const auto write = [&begun](const char *threadName) {
        setThreadName(threadName);
        const Name slice("step");
        const Name number("number");
        begun.arrive_and_wait();
        for (std::int64_t k = 0;; ++k) {
            const Slice step(slice);
            instant(number, {{number, k}});
        }
    };
    std::thread first(write, "first");
    std::thread second(write, "second");
    begun.arrive_and_wait();
    std::puts("ready");
    std::fflush(stdout);
    first.join();
    second.join();
}
