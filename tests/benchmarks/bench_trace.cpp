// SPDX-License-Identifier: Apache-2.0
// What a slice costs: recorded, switched off and compiled out, beside the two clock readings that
// it cannot do without.
#include <heddle/trace/recorder.h>
#include <heddle/trace/recordingreader.h>
#include <heddle/trace/slice.h>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>

using namespace heddle::trace;

namespace {

// Takes what the writers write, as a collector does, and forgets it.
class Drain final : public RecordSink
{
public:
    explicit Drain(const std::string &path)
    {
        if (m_reader.open(path))
            std::abort();
        m_thread = std::jthread([this](const std::stop_token &stop) {
            while (!stop.stop_requested()) {
                if (m_reader.drain(*this) == 0)
                    std::this_thread::yield();
            }
        });
    }
    std::uint64_t lost() const { return m_reader.lost(); }

private:
    void nameDefined(NameId, std::string_view) override {}
    void threadRecords(ThreadIndex, std::span<const Record> records, const TickConversion &,
                       std::uint64_t) override
    {
        benchmark::DoNotOptimize(records.back());
    }
    void scheduling(std::span<const SchedulingRecord>) override {}

    RecordingReader m_reader;
    std::jthread m_thread;
};

class RunningRecording
{
public:
    RunningRecording()
    {
        static int number = 0;
        m_path = "/tmp/heddle-bench-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
        if (createRecording(m_path) || Recorder::start(m_path))
            std::abort();
        m_drain = std::make_unique<Drain>(m_path);
    }
    ~RunningRecording()
    {
        Recorder::stop();
        m_drain.reset();
        std::remove(m_path.c_str());
    }
    std::uint64_t lost() const { return m_drain->lost(); }

private:
    std::string m_path;
    std::unique_ptr<Drain> m_drain;
};

void twoClockReadings(benchmark::State &state)
{
    for (auto _ : state) {
        benchmark::DoNotOptimize(Clock::ticks());
        benchmark::DoNotOptimize(Clock::ticks());
    }
}

void twoSteadyClockReadings(benchmark::State &state)
{
    for (auto _ : state) {
        benchmark::DoNotOptimize(std::chrono::steady_clock::now());
        benchmark::DoNotOptimize(std::chrono::steady_clock::now());
    }
}

void sliceRecorded(benchmark::State &state)
{
    static std::unique_ptr<RunningRecording> recording;
    if (state.thread_index() == 0)
        recording = std::make_unique<RunningRecording>();
    for (auto _ : state) {
        HEDDLE_SLICE("work");
        benchmark::ClobberMemory();
    }
    if (state.thread_index() == 0) {
        state.counters["lost"] = static_cast<double>(recording->lost());
        recording.reset();
    }
}

void sliceWithArgumentRecorded(benchmark::State &state)
{
    const RunningRecording recording;
    const Name name("work");
    const Name key("frame");
    std::int64_t frame = 0;
    for (auto _ : state) {
        const Slice slice(name, {{key, ++frame}});
        benchmark::ClobberMemory();
    }
    state.counters["lost"] = static_cast<double>(recording.lost());
}

void sliceSwitchedOff(benchmark::State &state)
{
    for (auto _ : state) {
        HEDDLE_SLICE("work");
        benchmark::ClobberMemory();
    }
}

BENCHMARK(twoClockReadings);
BENCHMARK(twoSteadyClockReadings);
BENCHMARK(sliceRecorded)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(sliceWithArgumentRecorded);
BENCHMARK(sliceSwitchedOff);

} // namespace
