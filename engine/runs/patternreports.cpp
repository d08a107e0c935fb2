// SPDX-License-Identifier: Apache-2.0
#include "patternreports_p.h"

#include <algorithm>
#include <utility>

namespace heddle {

namespace {

// What comes faster is not seen.
constexpr std::chrono::milliseconds Round(30);
constexpr qsizetype LongestText = 4000;
constexpr qsizetype LongestId = 200;

// Results are numbers, truth values and texts.
QVariant plainValue(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::Bool:
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::Long:
    case QMetaType::ULong:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
    case QMetaType::Short:
    case QMetaType::UShort:
    case QMetaType::Float:
    case QMetaType::Double:
        return value;
    default:
        return value.toString().left(LongestText);
    }
}

} // namespace

PatternReports::PatternReports(QStringList declaredResults, QStringList declaredInvariants)
    : m_declaredResults(std::move(declaredResults))
    , m_declaredInvariants(std::move(declaredInvariants))
{
    m_round.setSingleShot(true);
    connect(&m_round, &QTimer::timeout, this, &PatternReports::announce);
}

void PatternReports::progress(double fraction, const QString &text)
{
    {
        const std::lock_guard lock(m_mutex);
        m_progress = Progress{fraction, text.left(LongestText)};
    }
    announceSoon(false);
}

void PatternReports::log(LogLevel level, const QString &text)
{
    {
        const std::lock_guard lock(m_mutex);
        const QStringList lines = m_budget.admit(text, LineBudget::Clock::now());
        if (lines.isEmpty())
            return;
        for (const QString &line : lines)
            m_lines.append({level, line});
    }
    announceSoon(true); // a crash may be next
}

void PatternReports::result(const QString &id, const QVariant &value)
{
    {
        const std::lock_guard lock(m_mutex);
        const QString key = id.left(LongestId);
        const auto known = std::find_if(m_results.begin(), m_results.end(),
                                        [&key](const Result &entry) { return entry.id == key; });
        if (known != m_results.end())
            *known = {key, plainValue(value), true};
        else if (mayKeep(key, m_declaredResults, m_results.size()))
            m_results.append({key, plainValue(value), true});
        else
            return;
    }
    announceSoon(false);
}

void PatternReports::invariant(const QString &id, bool holds, const QString &evidence)
{
    {
        const std::lock_guard lock(m_mutex);
        const QString key = id.left(LongestId);
        const auto known = std::find_if(
                m_invariants.begin(), m_invariants.end(),
                [&key](const Invariant &entry) { return entry.outcome.id == key; });
        if (known != m_invariants.end()) {
            if (!known->outcome.holds)
                return;
            *known = {{key, holds, evidence.left(LongestText)}, true};
        } else if (mayKeep(key, m_declaredInvariants, m_invariants.size())) {
            m_invariants.append({{key, holds, evidence.left(LongestText)}, true});
        } else {
            return;
        }
    }
    announceSoon(false);
}

bool PatternReports::mayKeep(const QString &id, const QStringList &declared, qsizetype kept)
{
    if (declared.contains(id) || kept < declared.size() + MostUndeclared)
        return true;
    if (m_refused++ == 0) {
        m_lines.append({LogLevel::Warning,
                        QStringLiteral("The pattern reports results or invariants that its "
                                       "metadata do not declare. The first %1 are kept; declare "
                                       "the others, beginning with '%2'.")
                                .arg(MostUndeclared)
                                .arg(id)});
    }
    return false;
}

void PatternReports::announceSoon(bool atOnce)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_isCalled && (m_isUrgent || !atOnce))
            return;
        m_isCalled = true;
        m_isUrgent |= atOnce;
    }
    QMetaObject::invokeMethod(
            this,
            [this, atOnce] {
                if (atOnce || !m_round.isActive())
                    announce();
            },
            Qt::QueuedConnection);
}

void PatternReports::announce()
{
    QList<Line> lines;
    std::optional<Progress> progress;
    QList<Result> results;
    QList<InvariantOutcome> invariants;
    {
        const std::lock_guard lock(m_mutex);
        m_isUrgent = false;
        lines = std::exchange(m_lines, {});
        // While a round goes on, only the lines are announced; its end announces the rest.
        if (m_round.isActive()) {
            m_isCalled = true;
        } else {
            m_isCalled = false;
            progress = std::exchange(m_progress, {});
            for (Result &entry : m_results) {
                if (std::exchange(entry.isNew, false))
                    results.append(entry);
            }
            for (Invariant &entry : m_invariants) {
                if (std::exchange(entry.isNew, false))
                    invariants.append(entry.outcome);
            }
        }
    }
    const bool announcesMore = progress || !results.isEmpty() || !invariants.isEmpty();
    if (announcesMore)
        m_round.start(Round);
    for (const Line &line : lines)
        Q_EMIT logged(line.level, line.text);
    if (progress)
        Q_EMIT progressed(progress->fraction, progress->text);
    for (const Result &entry : results)
        Q_EMIT resultReported(entry.id, entry.value);
    for (const InvariantOutcome &outcome : invariants)
        Q_EMIT invariantReported(outcome);
}

void PatternReports::finish()
{
    m_round.stop();
    {
        const std::lock_guard lock(m_mutex);
        for (const QString &line : m_budget.finish())
            m_lines.append({LogLevel::Warning, line});
        if (m_refused > 1) {
            m_lines.append({LogLevel::Warning,
                            QStringLiteral("%1 reports that the metadata do not declare were left "
                                           "out.")
                                    .arg(m_refused)});
        }
    }
    announce();
}

} // namespace heddle
