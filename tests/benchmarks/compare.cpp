// SPDX-License-Identifier: Apache-2.0
#include "compare.h"

#include "recordedround.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <deque>
#include <mutex>
#include <thread>

namespace heddle::benchmarks {

namespace {

std::vector<Comparison> &registered()
{
    static std::vector<Comparison> comparisons;
    return comparisons;
}

double quantile(std::vector<double> values, double part)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    const double place = part * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    const double share = place - static_cast<double>(below);
    return values[below] * (1 - share) + values[above] * share;
}

std::vector<double> column(const std::vector<Figures> &rounds, int measure)
{
    std::vector<double> values;
    for (const Figures &figures : rounds)
        values.push_back(figures.at(static_cast<std::size_t>(measure)));
    return values;
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
            return entry.run(measurement.operations);
        RecordedRound round(recordingBytes);
        Figures figures = entry.run(measurement.operations);
        const RecordedRound::Contents contents = round.finish();
        measurement.records = static_cast<double>(contents.records)
                              / static_cast<double>(measurement.operations);
        measurement.recordsLost += contents.lost;
        bytesPerOperation = static_cast<double>(contents.bytes)
                            / static_cast<double>(measurement.operations);
        return figures;
    }

    // Also the warm-up: the first run finds cold caches and no threads.
    void calibrate(const Comparison &comparison, std::chrono::nanoseconds target)
    {
        qint64 all = comparison.operations();
        const auto wanted = static_cast<double>(target.count());
        measurement.operations = comparison.isWhole() ? all : std::max<qint64>(all / 200, 1);
        double time = nanoseconds([this] { run(); });
        if (!comparison.isWhole() && bytesPerOperation > 0) {
            all = std::clamp(static_cast<qint64>(MostRecordingBytes / bytesPerOperation),
                             measurement.operations, all);
        }
        while (measurement.operations < all && time < wanted / 2) {
            const double factor = std::clamp(wanted / std::max(time, 1.0), 1.5, 10.0);
            const double more = static_cast<double>(measurement.operations) * factor;
            measurement.operations = std::min(all, static_cast<qint64>(more) + 1);
            time = nanoseconds([this] { run(); });
        }
        // Some more than that wrote, and some chunks for every thread.
        recordingBytes = static_cast<quint64>(1.25 * bytesPerOperation
                                              * static_cast<double>(measurement.operations))
                         + (quint64{3} << 20);
    }

    double bytesPerOperation = 0;
};

QString times(double value)
{
    return QString::number(value, 'f', value < 10 ? 2 : 1) + QStringLiteral(" ×");
}

QString number(double value)
{
    return QString::number(value, 'f', value < 10 ? 2 : value < 100 ? 1 : 0);
}

Judgement judge(const Goal &goal, const Result &result)
{
    const Measurement &off = *result.heddle(false);
    const Measurement *on = result.heddle(true);
    const double mine = off.median(goal.measure);
    const QString &unit = result.comparison.unitName();
    const QString &measureName = result.comparison.measureNames().at(goal.measure);
    const QString prefix = measureName.isEmpty() ? QString() : measureName + QStringLiteral(": ");
    switch (goal.kind) {
    case Goal::Kind::TimesFaster: {
        const Measurement *peer = nullptr;
        for (const Measurement &candidate : result.measurements) {
            const bool counts = goal.peer.isEmpty()
                                        ? candidate.role == Comparison::Entry::Role::Peer
                                        : candidate.name == goal.peer;
            if (counts && (!peer || candidate.median(goal.measure) < peer->median(goal.measure)))
                peer = &candidate;
        }
        const QString text = prefix + QStringLiteral("≥ ") + QString::number(goal.value)
                             + QStringLiteral(" × ")
                             + (goal.peer.isEmpty() ? QStringLiteral("the best peer") : goal.peer);
        if (!peer)
            return {text, QStringLiteral("not there"), false};
        const double factor = peer->median(goal.measure) / mine;
        return {text, times(factor), factor >= goal.value};
    }
    case Goal::Kind::AtMost:
        return {prefix + QStringLiteral("≤ ") + QString::number(goal.value) + QLatin1Char(' ')
                        + unit,
                number(mine) + QLatin1Char(' ') + unit, mine <= goal.value};
    case Goal::Kind::RecordingTimes: {
        const double factor = on->median() / mine;
        return {QStringLiteral("recording ≤ ") + QString::number(goal.value)
                        + QStringLiteral(" × off"),
                times(factor), factor <= goal.value};
    }
    case Goal::Kind::RecordingRecords: {
        // Threads and objects that a round makes have records too.
        constexpr double rounding = 0.05;
        return {QStringLiteral("recording ≤ ") + QString::number(goal.value)
                        + QStringLiteral(" records more"),
                QString::number(on->records, 'f', 2), on->records <= goal.value + rounding};
    }
    case Goal::Kind::RecordingNanoseconds: {
        const double more = on->median() - mine;
        return {QStringLiteral("recording ≤ ") + QString::number(goal.value)
                        + QStringLiteral(" ns more"),
                number(more) + QStringLiteral(" ns"), more <= goal.value};
    }
    }
    return {};
}

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

Figures percentiles(std::vector<double> samples)
{
    return {quantile(samples, 0.5), quantile(samples, 0.99)};
}

namespace {
// Each thread's own cache line; those of ended threads are kept, and used by no other.
struct alignas(64) OwnCount
{
    std::atomic<qint64> value{0};
};
struct OwnCounts
{
    std::mutex mutex;
    std::deque<OwnCount> counts;

    static OwnCounts &instance()
    {
        static OwnCounts counts;
        return counts;
    }
    std::atomic<qint64> &add()
    {
        const std::lock_guard lock(mutex);
        return counts.emplace_back().value;
    }
};
} // namespace

void Tally::count()
{
    static thread_local std::atomic<qint64> &own = OwnCounts::instance().add();
    // Only this thread writes it. Pairs with the acquire load in sum().
    own.store(own.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

qint64 Tally::sum()
{
    OwnCounts &all = OwnCounts::instance();
    const std::lock_guard lock(all.mutex);
    qint64 sum = 0;
    for (const OwnCount &own : all.counts)
        sum += own.value.load(std::memory_order_acquire); // pairs with the store in count()
    return sum;
}

void Tally::waitFor(qint64 times) const
{
    // A look now and then takes nothing from those who work; a wake-up would cost them one more
    // operation each. A round lasts some hundred times as long.
    while (sum() - m_before < times)
        std::this_thread::sleep_for(std::chrono::microseconds(50));
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

double Measurement::median(int measure) const
{
    return quantile(column(rounds, measure), 0.5);
}

double Measurement::spread(int measure) const
{
    const std::vector<double> values = column(rounds, measure);
    const double middle = quantile(values, 0.5);
    return middle == 0 ? 0 : (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / middle;
}

const Measurement *Result::heddle(bool recording) const
{
    const auto found = std::find_if(measurements.begin(), measurements.end(),
                                    [recording](const Measurement &measurement) {
                                        return measurement.role == Comparison::Entry::Role::Heddle
                                               && measurement.recording == recording;
                                    });
    return found == measurements.end() ? nullptr : &*found;
}

std::vector<Judgement> Result::judgements() const
{
    std::vector<Judgement> all;
    if (!heddle(false))
        return all;
    for (const Goal &goal : comparison.goals()) {
        const bool needsRecording = goal.kind != Goal::Kind::TimesFaster
                                    && goal.kind != Goal::Kind::AtMost;
        if (!needsRecording || heddle(true))
            all.push_back(judge(goal, *this));
    }
    return all;
}

quint64 Result::recordsLost() const
{
    quint64 lost = 0;
    for (const Measurement &measurement : measurements)
        lost += measurement.recordsLost;
    return lost;
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
