// SPDX-License-Identifier: Apache-2.0
#include "compare.h"

#include "recordedround.h"

#include <algorithm>
#include <barrier>
#include <thread>

namespace heddle::benchmarks {

namespace {

std::vector<Comparison> &registered()
{
    static std::vector<Comparison> comparisons;
    return comparisons;
}

// Enough for the first run of a contestant, whose records are not counted yet, and for each later
// one: more would take long to make, and every round has its own.
constexpr quint64 FirstRecordingBytes = quint64{64} << 20;
constexpr double MostRecordingBytes = 12 << 20;

// One who is measured, and how much it does in a round.
struct Runner
{
    const Comparison::Entry &entry;
    Measurement measurement;
    quint64 recordingBytes = FirstRecordingBytes;

    Figures run()
    {
        if (!measurement.recording)
            return timedRun();
        RecordedRound round(recordingBytes); // takes longer than many a round
        Figures figures = timedRun();
        const RecordedRound::Contents contents = round.finish();
        measurement.records = static_cast<double>(contents.records)
                              / static_cast<double>(measurement.operations);
        measurement.recordsLost += contents.lost;
        bytesPerOperation = static_cast<double>(contents.bytes)
                            / static_cast<double>(measurement.operations);
        return figures;
    }

    Figures timedRun()
    {
        Figures figures;
        time = nanoseconds([&] { figures = entry.run(measurement.operations); });
        return figures;
    }

    // Also the warm-up: the first run finds cold caches and no threads.
    void calibrate(const Comparison &comparison, std::chrono::nanoseconds target)
    {
        qint64 all = comparison.operations();
        const auto wanted = static_cast<double>(target.count());
        measurement.operations = comparison.isWhole() ? all : std::max<qint64>(all / 200, 1);
        run();
        if (!comparison.isWhole() && bytesPerOperation > 0) {
            all = std::clamp(static_cast<qint64>(MostRecordingBytes / bytesPerOperation),
                             measurement.operations, all);
        }
        while (measurement.operations < all && time < wanted / 2) {
            const double factor = std::clamp(wanted / std::max(time, 1.0), 1.5, 10.0);
            const double more = static_cast<double>(measurement.operations) * factor;
            measurement.operations = std::min(all, static_cast<qint64>(more) + 1);
            run();
        }
        // Some more than that wrote, and some chunks for every thread.
        recordingBytes = static_cast<quint64>(1.25 * bytesPerOperation
                                              * static_cast<double>(measurement.operations))
                         + (quint64{3} << 20);
    }

    double time = 0; ///< of the last run, with what it set up and tore down
    double bytesPerOperation = 0;
};

} // namespace

double together(const std::vector<std::function<void()>> &bodies)
{
    using Clock = std::chrono::steady_clock;
    Clock::time_point begin;
    std::barrier start(static_cast<std::ptrdiff_t>(bodies.size()),
                       [&begin]() noexcept { begin = Clock::now(); });
    std::vector<Clock::time_point> ends(bodies.size());
    {
        std::vector<std::jthread> threads;
        for (std::size_t k = 0; k < bodies.size(); ++k) {
            threads.emplace_back([&, k] {
                start.arrive_and_wait();
                bodies[k]();
                ends[k] = Clock::now();
            });
        }
    }
    return std::chrono::duration<double, std::nano>(*std::max_element(ends.begin(), ends.end())
                                                    - begin)
            .count();
}

Comparison::Comparison(QString topic, QString work, qint64 operations)
    : m_topic(std::move(topic))
    , m_work(std::move(work))
    , m_operations(operations)
{}

Comparison &Comparison::heddle(const QString &name, Contestant run)
{
    m_entries.push_back({name, std::move(run), Entry::Role::Heddle});
    return *this;
}

Comparison &Comparison::peer(const QString &name, Contestant run)
{
    m_entries.push_back({name, std::move(run), Entry::Role::Peer});
    return *this;
}

Comparison &Comparison::other(const QString &name, Contestant run)
{
    m_entries.push_back({name, std::move(run), Entry::Role::Other});
    return *this;
}

Comparison &Comparison::whole()
{
    m_whole = true;
    return *this;
}

Comparison &Comparison::atMostRounds(int rounds)
{
    m_mostRounds = rounds;
    return *this;
}

Comparison &Comparison::measures(const QStringList &names)
{
    m_measures = names;
    return *this;
}

Comparison &Comparison::unit(const QString &name)
{
    m_unit = name;
    return *this;
}

Comparison &Comparison::withoutRecording()
{
    m_recorded = false;
    return *this;
}

Comparison &Comparison::timesFaster(double factor, const QString &peer, int measure)
{
    m_goals.push_back({Goal::Kind::TimesFaster, factor, peer, measure});
    return *this;
}

Comparison &Comparison::atMost(double figure, int measure)
{
    m_goals.push_back({Goal::Kind::AtMost, figure, {}, measure});
    return *this;
}

Comparison &Comparison::recordingTimes(double factor)
{
    m_goals.push_back({Goal::Kind::RecordingTimes, factor, {}, 0});
    return *this;
}

Comparison &Comparison::recordingRecords(double records, std::optional<double> nanosecondsEach)
{
    m_goals.push_back({Goal::Kind::RecordingRecords, records, {}, 0});
    if (nanosecondsEach)
        m_goals.push_back({Goal::Kind::RecordingNanoseconds, records * *nanosecondsEach, {}, 0});
    return *this;
}

Registered::Registered(Comparison comparison)
{
    registered().push_back(std::move(comparison));
}

std::vector<Comparison> Registered::all(const QStringList &topics)
{
    std::vector<Comparison> comparisons = registered();
    // Files are initialised in no particular order; within one, from top to bottom.
    std::stable_sort(comparisons.begin(), comparisons.end(),
                     [&topics](const Comparison &a, const Comparison &b) {
                         return topics.indexOf(a.topic()) < topics.indexOf(b.topic());
                     });
    return comparisons;
}

Result measure(const Comparison &comparison, const Effort &effort)
{
    std::vector<Runner> runners;
    const auto add = [&runners](const Comparison::Entry &entry, bool recording) {
        Runner runner{entry, {}};
        runner.measurement.name = entry.name;
        runner.measurement.role = entry.role;
        runner.measurement.recording = recording;
        runners.push_back(std::move(runner));
    };
    for (const Comparison::Entry &entry : comparison.entries()) {
        add(entry, false);
        if (entry.role == Comparison::Entry::Role::Heddle && comparison.isRecorded())
            add(entry, true);
    }
    for (Runner &runner : runners)
        runner.calibrate(comparison, effort.round);
    const int rounds = std::min(effort.rounds, comparison.mostRounds());
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t k = 0; k < runners.size(); ++k) {
            Runner &runner = runners[(k + static_cast<std::size_t>(round)) % runners.size()];
            runner.measurement.rounds.push_back(runner.run());
        }
    }
    Result result{comparison, {}};
    for (Runner &runner : runners)
        result.measurements.push_back(std::move(runner.measurement));
    std::stable_partition(result.measurements.begin(), result.measurements.end(),
                          [](const Measurement &measurement) {
                              return measurement.role == Comparison::Entry::Role::Heddle;
                          });
    return result;
}

} // namespace heddle::benchmarks
