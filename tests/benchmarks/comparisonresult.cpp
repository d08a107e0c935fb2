// SPDX-License-Identifier: Apache-2.0
// What the figures come to: medians, spreads, and whether goals are reached.
#include "compare.h"

#include <algorithm>

namespace heddle::benchmarks {

namespace {

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

QString times(double value)
{
    return QString::number(value, 'f', value < 10 ? 2 : 1) + QStringLiteral(" ×");
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
                asNumber(mine) + QLatin1Char(' ') + unit, mine <= goal.value};
    case Goal::Kind::RecordingTimes: {
        const double factor = on->median() / mine;
        return {QStringLiteral("recording ≤ ") + QString::number(goal.value)
                        + QStringLiteral(" × off"),
                times(factor), factor <= goal.value};
    }
    case Goal::Kind::RecordingRecords: {
        // Threads and objects that a round makes have records too, and so has who has to wait.
        constexpr double others = 0.25;
        return {QStringLiteral("recording ≤ ") + QString::number(goal.value)
                        + QStringLiteral(" records more"),
                QString::number(on->records, 'f', 2), on->records <= goal.value + others};
    }
    case Goal::Kind::RecordingNanoseconds: {
        const double more = on->median() - mine;
        return {QStringLiteral("recording ≤ ") + QString::number(goal.value)
                        + QStringLiteral(" ns more"),
                asNumber(more) + QStringLiteral(" ns"), more <= goal.value};
    }
    }
    return {};
}

} // namespace

QString asNumber(double figure)
{
    return QString::number(figure, 'f', figure < 10 ? 2 : figure < 100 ? 1 : 0);
}

Figures percentiles(std::vector<double> samples)
{
    return {quantile(samples, 0.5), quantile(samples, 0.99)};
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

} // namespace heddle::benchmarks
