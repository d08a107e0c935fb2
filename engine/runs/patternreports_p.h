// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "linebudget_p.h"

#include <heddle/pattern/runcontext.h>
#include <heddle/runs/run.h>

#include <QObject>
#include <QTimer>

#include <mutex>
#include <optional>

namespace heddle {

/// Takes what a pattern reports, from any thread and as fast as it likes, and announces it in its
/// own thread as fast as somebody can follow.
///
/// Of progress, of each result and of each invariant the last report is announced, at most every
/// 30 milliseconds; an invariant that was broken once stays broken. Of results and invariants that
/// the metadata do not declare, only the first few are kept. Log lines are announced at once within
/// a LineBudget. Its memory is bounded whatever the pattern does.
///
/// Threads: the functions of RunObserver by any; the rest by the owner, which needs an event loop.
class PatternReports final : public QObject, public RunObserver
{
    Q_OBJECT
public:
    /// How many results, and how many invariants, are kept besides those that are declared.
    static constexpr qsizetype MostUndeclared = 32;

    PatternReports(QStringList declaredResults, QStringList declaredInvariants);

    void progress(double fraction, const QString &text) override;
    void log(LogLevel level, const QString &text) override;
    void result(const QString &id, const QVariant &value) override;
    void invariant(const QString &id, bool holds, const QString &evidence) override;

    /// The pattern has ended: announces all that is left.
    void finish();

Q_SIGNALS:
    void progressed(double fraction, const QString &text);
    void logged(heddle::LogLevel level, const QString &text);
    void resultReported(const QString &id, const QVariant &value);
    void invariantReported(const heddle::InvariantOutcome &outcome);

private:
    struct Progress
    {
        double fraction;
        QString text;
    };
    struct Result
    {
        QString id;
        QVariant value;
        bool isNew;
    };
    struct Invariant
    {
        InvariantOutcome outcome;
        bool isNew;
    };
    struct Line
    {
        LogLevel level;
        QString text;
    };
    [[nodiscard]] bool mayKeep(const QString &id, const QStringList &declared, qsizetype kept);
    void announceSoon(bool atOnce);
    void announce();

    const QStringList m_declaredResults;
    const QStringList m_declaredInvariants;
    std::mutex m_mutex; // of what follows
    std::optional<Progress> m_progress;
    QList<Result> m_results;
    QList<Invariant> m_invariants;
    QList<Line> m_lines;
    LineBudget m_budget;
    qint64 m_refused = 0;
    bool m_isCalled = false; // announce() will be called
    bool m_isUrgent = false; // without waiting for the next round
    QTimer m_round;          // the owner's
};

} // namespace heddle
