// SPDX-License-Identifier: Apache-2.0
#include "../trace/recordedtrace.h"

#include <heddle/tasks/processexecutor.h>

#include <QTest>

#include <csignal>

using namespace heddle;

// What processexecutor.h promises under "Trace:".
class TestProcessTrace : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aWorkerIsAProcessAndAJobIsATaskOfTheExecutor()
    {
        RecordedTrace trace;
        {
            ProcessOptions options;
            options.workers = 1;
            options.libraries = QStringList{QStringLiteral(TEST_JOBS)};
            ProcessExecutor executor("pool", options);
            QCOMPARE(executor.submit(QStringLiteral("reverse"), "ab").result(), QByteArray("ba"));
            QFuture<QByteArray> dying = executor.submit(QStringLiteral("signal"),
                                                        QByteArray::number(SIGKILL));
            QVERIFY_THROWS_EXCEPTION(BrokenWorker, static_cast<void>(dying.result()));
        }
        trace.end();
        QCOMPARE(trace.objectInfo("pool").kind, ObjectKind::Executor);
        const ObjectInfo worker = trace.objectInfo("pool worker 1");
        QCOMPARE(worker.kind, ObjectKind::Process);
        QVERIFY(worker.destroyedNs != Interval::Unfinished);
        // The thread that serves the workers has the tasks' beginnings and ends.
        const std::size_t thread = trace.thread("pool");
        QStringList names;
        const IntervalTrack &slices = trace.store.slices(thread, 0);
        for (std::size_t k = 0; k < slices.size(); ++k)
            names << trace.store.name(slices.at(k).value);
        QVERIFY(names.contains(QStringLiteral("reverse")));
        QVERIFY(names.contains(QStringLiteral("signal")));
        QCOMPARE(trace.store.counts().lost, std::uint64_t{0});
    }
};

QTEST_GUILESS_MAIN(TestProcessTrace)
#include "tst_processtrace.moc"
