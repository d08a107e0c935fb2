// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/jobs.h>
#include <heddle/tasks/processexecutor.h>
#include <heddle/tasks/processworker.h>

#include <QFile>
#include <QProcess>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <csignal>
#include <mutex>
#include <string_view>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

namespace {

// In a line "pid (name) state …" of /proc; what is gone, or only waits to be reaped, is dead.
bool isDead(qint64 pid)
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return true;
    const QByteArray line = file.readAll();
    const char state = line.mid(line.lastIndexOf(')') + 2).front();
    return state == 'Z' || state == 'X';
}

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

// What somebody says who waits for the future.
QString errorOf(QFuture<QByteArray> future)
{
    try {
        future.waitForFinished();
        return QStringLiteral("no error");
    } catch (const std::exception &error) {
        return QString::fromUtf8(error.what());
    }
}

ProcessOptions options(int workers = 1)
{
    ProcessOptions options;
    options.workers = workers;
    options.libraries = QStringList{QStringLiteral(TEST_JOBS)};
    return options;
}

const auto Reverse = QStringLiteral("reverse");
const auto Pid = QStringLiteral("pid");
const auto Stay = QStringLiteral("stay");
const auto Signal = QStringLiteral("signal");

} // namespace

class TestProcessExecutorConformance : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    [[nodiscard]] QString mark(const char *name) const
    {
        return m_folder.filePath(QString::fromLatin1(name));
    }

private Q_SLOTS:
    void s30_aJobRunsInAnotherProcess()
    {
        ProcessExecutor executor("pool", options());
        QCOMPARE(executor.submit(Reverse, "abc").result(), QByteArray("cba"));
        const qint64 pid = executor.submit(Pid).result().toLongLong();
        QVERIFY(pid > 0 && pid != QCoreApplication::applicationPid());
        QCOMPARE(executor.submit(Pid).result().toLongLong(), pid); // it goes on to the next
        QCOMPARE(executor.concurrency(), 1);
        QCOMPARE(executor.pending(), 0);
        QCOMPARE(executor.name(), QStringLiteral("pool"));
    }

    void s30_asManyJobsRunAtOnceAsThereAreWorkers()
    {
        ProcessExecutor executor("pool", options(2));
        // Each stays until it is cancelled, so the marks are of both at once.
        QFuture<QByteArray> one = executor.submit(Stay, mark("one").toUtf8());
        QFuture<QByteArray> two = executor.submit(Stay, mark("two").toUtf8());
        QTRY_VERIFY_WITH_TIMEOUT(contentOf(mark("one")).endsWith('\n'), 60'000);
        QTRY_VERIFY_WITH_TIMEOUT(contentOf(mark("two")).endsWith('\n'), 60'000);
        QVERIFY(contentOf(mark("one")) != contentOf(mark("two")));
        QCOMPARE(executor.pending(), 0);
        one.cancel();
        two.cancel();
    }

    void s30_mapKeepsTheOrder()
    {
        ProcessExecutor executor("pool", options(2));
        QList<QByteArray> arguments;
        for (int k = 0; k < 50; ++k)
            arguments << QByteArray("x") + QByteArray::number(k % 10);
        auto futures = executor.map(Reverse, arguments);
        for (std::size_t k = 0; k < futures.size(); ++k)
            QCOMPARE(futures[k].result(), QByteArray::number(int(k) % 10) + 'x');
    }

    void s30_whatAJobThrowsArrivesAsAnError()
    {
        ProcessExecutor executor("pool", options());
        QFuture<QByteArray> failing = executor.submit(QStringLiteral("throw"), "bad luck");
        QVERIFY_THROWS_EXCEPTION(JobFailed, static_cast<void>(failing.result()));
        QCOMPARE(errorOf(failing), QStringLiteral("bad luck (throw)"));
        QCOMPARE(errorOf(executor.submit(QStringLiteral("throw an error"))),
                 QStringLiteral("It went wrong (here). Do better"));
        QCOMPARE(errorOf(executor.submit(QStringLiteral("throw a number"))),
                 QStringLiteral("An exception of unknown type (throw a number)"));
        QCOMPARE(executor.submit(Reverse, "ab").result(), QByteArray("ba"));
        QCOMPARE(executor.brokenWorkers(), 0);
    }

    void s30_aJobThatNoWorkerKnowsIsMisuse()
    {
        ProcessExecutor executor("pool", options());
        QFuture<QByteArray> unknown = executor.submit(QStringLiteral("nonsense"));
        QVERIFY_THROWS_EXCEPTION(Misuse, static_cast<void>(unknown.result()));
        QVERIFY(errorOf(unknown).contains(QStringLiteral("It has: babble, environment")));
    }

    void s30_aWorkerThatDiesFailsItsJobOnlyAndIsReplaced()
    {
        ProcessExecutor executor("pool", options());
        const QByteArray before = executor.submit(Pid).result();
        QFuture<QByteArray> dying = executor.submit(Signal, QByteArray::number(SIGSEGV));
        QFuture<QByteArray> next = executor.submit(Reverse, "abc");
        try {
            static_cast<void>(dying.result());
            QFAIL("nothing was thrown");
        } catch (const BrokenWorker &broken) {
            QCOMPARE(broken.signalNumber(), SIGSEGV);
            QCOMPARE(broken.exitCode(), 0);
            QCOMPARE(broken.job(), Signal);
            QCOMPARE(broken.worker(), QStringLiteral("pool worker 1"));
            QCOMPARE(broken.message(),
                     QStringLiteral("Broken worker: pool worker 1 died of signal 11 (SIGSEGV) "
                                    "while it ran the job signal"));
        }
        QCOMPARE(next.result(), QByteArray("cba"));
        QVERIFY(executor.submit(Pid).result() != before);
        QCOMPARE(executor.brokenWorkers(), 1);
    }

    void s30_aJobThatExitsBreaksItsWorker()
    {
        ProcessExecutor executor("pool", options());
        try {
            static_cast<void>(executor.submit(QStringLiteral("exit"), "7").result());
            QFAIL("nothing was thrown");
        } catch (const BrokenWorker &broken) {
            QCOMPARE(broken.signalNumber(), 0);
            QCOMPARE(broken.exitCode(), 7);
            QVERIFY(broken.message().contains(QStringLiteral("ended with exit code 7")));
        }
        QCOMPARE(executor.submit(Reverse, "ab").result(), QByteArray("ba"));
    }

    void s30_aWorkerThatSendsNonsenseIsEnded()
    {
        ProcessExecutor executor("pool", options());
        QFuture<QByteArray> babbling = executor.submit(QStringLiteral("babble"));
        QVERIFY_THROWS_EXCEPTION(BrokenWorker, static_cast<void>(babbling.result()));
        QVERIFY(errorOf(babbling).contains(QStringLiteral("sent what is no message")));
        QCOMPARE(executor.submit(Reverse, "ab").result(), QByteArray("ba"));
    }

    void s30_aWorkerThatGoesDeafIsEnded()
    {
        ProcessExecutor executor("pool", options());
        QFuture<QByteArray> deaf = executor.submit(QStringLiteral("go deaf"));
        // By itself, when it notices, or by force.
        QVERIFY_THROWS_EXCEPTION(BrokenWorker, static_cast<void>(deaf.result()));
        QCOMPARE(executor.submit(Reverse, "ab").result(), QByteArray("ba"));
    }

    void s30_atMostSoManyRestartsPerMinute()
    {
        ProcessOptions few = options();
        few.restartsPerMinute = 2;
        ProcessExecutor executor("pool", few);
        const QByteArray abort = QByteArray::number(SIGABRT);
        std::vector<QFuture<QByteArray>> dying;
        for (int k = 0; k < 3; ++k)
            dying.push_back(executor.submit(Signal, abort));
        QFuture<QByteArray> pending = executor.submit(Reverse, "ab");
        for (QFuture<QByteArray> &future : dying)
            QVERIFY_THROWS_EXCEPTION(BrokenWorker, static_cast<void>(future.result()));
        QVERIFY_THROWS_EXCEPTION(Broken, static_cast<void>(pending.result()));
        QVERIFY(errorOf(pending).contains(QStringLiteral("3 workers broke within a minute")));
        QVERIFY_THROWS_EXCEPTION(Broken, static_cast<void>(executor.submit(Reverse, "ab")));
        executor.shutDown();
    }

    void s30_cancellingAPendingJobPreventsItsRun()
    {
        ProcessExecutor executor("pool", options());
        QFuture<QByteArray> running = executor.submit(Stay, mark("running").toUtf8());
        QFuture<QByteArray> pending = executor.submit(Stay, mark("pending").toUtf8());
        QTRY_VERIFY_WITH_TIMEOUT(contentOf(mark("running")).endsWith('\n'), 60'000);
        QCOMPARE(executor.pending(), 1);
        pending.cancel();
        QTRY_VERIFY(pending.isFinished());
        QCOMPARE(executor.pending(), 0);
        running.cancel();
        executor.shutDown();
        QVERIFY(!QFile::exists(mark("pending")));
    }

    void s30_cancellingARunningJobEndsItsWorkerWhichIsReplaced()
    {
        ProcessOptions none = options();
        none.restartsPerMinute = 0; // what the executor ends itself does not count
        ProcessExecutor executor("pool", none);
        for (int k = 0; k < 3; ++k) {
            QFile::remove(mark("cancelled"));
            QFuture<QByteArray> running = executor.submit(Stay, mark("cancelled").toUtf8());
            QTRY_VERIFY_WITH_TIMEOUT(contentOf(mark("cancelled")).endsWith('\n'), 60'000);
            const qint64 pid = contentOf(mark("cancelled")).trimmed().toLongLong();
            QVERIFY(!isDead(pid));
            running.cancel();
            running.waitForFinished();
            QVERIFY(isDead(pid));
            QVERIFY(running.isCanceled());
        }
        QCOMPARE(executor.submit(Reverse, "ab").result(), QByteArray("ba"));
        QCOMPARE(executor.brokenWorkers(), 0);
    }

    void s30_shutDownRunsOrCancelsWhatIsPending()
    {
        for (const PendingTasks pending : {PendingTasks::Run, PendingTasks::Cancel}) {
            ProcessExecutor executor("pool", options());
            QFile::remove(mark("first"));
            QFuture<QByteArray> first = executor.submit(Stay, mark("first").toUtf8());
            QTRY_VERIFY_WITH_TIMEOUT(contentOf(mark("first")).endsWith('\n'), 60'000);
            QFuture<QByteArray> second = executor.submit(Reverse, "ab");
            executor.shutDown(pending, false);
            QVERIFY_THROWS_EXCEPTION(ShutDown, static_cast<void>(executor.submit(Reverse)));
            QCOMPARE(second.isCanceled(), pending == PendingTasks::Cancel);
            QCOMPARE(second.isFinished(), pending == PendingTasks::Cancel);
            first.cancel();
            executor.shutDown(pending);
            QVERIFY(second.isFinished());
            if (pending == PendingTasks::Run)
                QCOMPARE(second.result(), QByteArray("ba"));
        }
    }

    void s30_anExecutorThatIsNotUsedStartsNothing()
    {
        ProcessOptions wrong = options();
        wrong.program = QStringLiteral("/nonexistent/program");
        ProcessExecutor executor("pool", wrong);
        executor.shutDown();
        executor.shutDown(PendingTasks::Cancel);
    }

    void s30_workersEndWithTheExecutorAndWithWhatTheyStarted()
    {
        qint64 pid = 0;
        qint64 child = 0;
        {
            ProcessExecutor executor("pool", options());
            pid = executor.submit(Pid).result().toLongLong();
            child = executor.submit(QStringLiteral("leave a child behind")).result().toLongLong();
            QVERIFY(!isDead(pid));
            QVERIFY(!isDead(child));
        }
        QVERIFY(isDead(pid));
        QTRY_VERIFY(isDead(child));
    }

    void s30_workersDieWithTheirParent()
    {
        QProcess parent;
        parent.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        parent.start(QCoreApplication::applicationFilePath(),
                     {QStringLiteral("--parent"), mark("orphan")});
        QVERIFY(parent.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(contentOf(mark("orphan")).endsWith('\n'), 60'000);
        const qint64 pid = contentOf(mark("orphan")).trimmed().toLongLong();
        QVERIFY(!isDead(pid));
        parent.kill(); // it can do nothing about its children any more
        QVERIFY(parent.waitForFinished());
        QTRY_VERIFY(isDead(pid));
    }

    void s30_hugeArgumentsAndResultsArrive()
    {
        ProcessExecutor executor("pool", options());
        QByteArray huge(4 << 20, 'a');
        huge.back() = 'z';
        const QByteArray reversed = executor.submit(Reverse, huge).result();
        QCOMPARE(reversed.size(), huge.size());
        QCOMPARE(reversed.front(), 'z');
        QCOMPARE(executor.submit(QStringLiteral("zeros"), "40000000").result().size(), 40'000'000);
        QCOMPARE(executor.submit(Reverse).result(), QByteArray());
    }

    void s30_whatIsLargerThanAllowedIsRefused()
    {
        ProcessOptions small = options();
        small.largestMessage = 1000;
        ProcessExecutor executor("pool", small);
        QVERIFY_THROWS_EXCEPTION(
                Misuse, static_cast<void>(executor.submit(Reverse, QByteArray(1001, 'x'))));
        QFuture<QByteArray> large = executor.submit(QStringLiteral("zeros"), "2000");
        QVERIFY_THROWS_EXCEPTION(BrokenWorker, static_cast<void>(large.result()));
        QVERIFY(errorOf(large).contains(QStringLiteral("more than the 1000 that are allowed")));
    }

    void s30_whatAJobPrintsIsPassedOnWithTheWorkersName()
    {
        std::mutex mutex;
        QStringList lines;
        ProcessOptions listening = options();
        listening.output = [&](const QString &worker, bool isError, const QString &line) {
            const std::lock_guard lock(mutex);
            lines << worker + (isError ? QStringLiteral(" ! ") : QStringLiteral(" : ")) + line;
        };
        ProcessExecutor executor("pool", listening);
        static_cast<void>(executor.submit(QStringLiteral("print"), "a").result());
        executor.shutDown();
        lines.sort();
        QCOMPARE(lines, (QStringList{QStringLiteral("pool worker 1 ! complained a"),
                                     QStringLiteral("pool worker 1 : printed a")}));
    }

    void s30_aWorkerThatNeverConnectsIsGivenUp()
    {
        ProcessOptions sleeping;
        sleeping.workers = 1;
        sleeping.program = QStringLiteral("/bin/sleep");
        sleeping.libraries = QStringList{QStringLiteral("1000")};
        sleeping.startTimeout = 50ms;
        sleeping.restartsPerMinute = 1;
        ProcessExecutor executor("pool", sleeping);
        QTest::ignoreMessage(QtWarningMsg,
                             QRegularExpression(QStringLiteral("was not ready within 50 ms")));
        QFuture<QByteArray> waiting = executor.submit(Reverse, "ab");
        QVERIFY_THROWS_EXCEPTION(Broken, static_cast<void>(waiting.result()));
        QVERIFY(errorOf(waiting).contains(QStringLiteral("was not ready within 50 ms")));
    }

    void s30_aProgramThatCannotBeStartedBreaksTheExecutorAtOnce()
    {
        ProcessOptions wrong = options();
        wrong.program = QStringLiteral("/nonexistent/program");
        ProcessExecutor executor("pool", wrong);
        QFuture<QByteArray> future = executor.submit(Reverse, "ab");
        QVERIFY_THROWS_EXCEPTION(Broken, static_cast<void>(future.result()));
        QVERIFY(errorOf(future).contains(QStringLiteral("cannot be started")));
        QVERIFY(errorOf(future).contains(QStringLiteral("/nonexistent/program")));
    }

    void s30_aLibraryThatCannotBeLoadedIsTold()
    {
        ProcessOptions wrong = options();
        wrong.libraries = QStringList{QStringLiteral("/nonexistent/jobs.so")};
        wrong.restartsPerMinute = 0;
        wrong.output = [](const QString &, bool, const QString &) {};
        ProcessExecutor executor("pool", wrong);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("exit code 2")));
        const QString error = errorOf(executor.submit(Reverse, "ab"));
        QVERIFY2(error.contains(QStringLiteral("/nonexistent/jobs.so is no library of jobs")),
                 qPrintable(error));
    }

    void s30_theProgramItselfMayBeTheWorker()
    {
        ProcessOptions own;
        own.workers = 1;
        own.program = QCoreApplication::applicationFilePath();
        ProcessExecutor executor("pool", own);
        QCOMPARE(executor.submit(QStringLiteral("twice"), "ab").result(), QByteArray("abab"));
    }

    void s30_whatAJobStartsIsNoWorker()
    {
        ProcessExecutor executor("pool", options());
        for (const char *name : {"HEDDLE_WORKER_SOCKET", "HEDDLE_WORKER_TOKEN"})
            QCOMPARE(executor.submit(QStringLiteral("environment"), name).result(), QByteArray());
    }

    void s30_anyMixOfJobsEndsEachOfThemOnce()
    {
        const auto seed = qEnvironmentVariableIsSet("HEDDLE_SEED")
                                  ? qEnvironmentVariable("HEDDLE_SEED").toUInt()
                                  : QRandomGenerator::global()->generate();
        qInfo("HEDDLE_SEED=%u", seed);
        QRandomGenerator random(seed);
        ProcessOptions many = options(3);
        many.restartsPerMinute = 1000;
        many.output = [](const QString &, bool, const QString &) {};
        ProcessExecutor executor("pool", many);
        struct Submitted
        {
            QFuture<QByteArray> future;
            int kind;
            QByteArray argument;
        };
        std::vector<Submitted> all;
        qint64 dying = 0;
        for (int k = 0; k < 60; ++k) {
            const int kind = int(random.bounded(12));
            const QByteArray argument = QByteArray::number(k);
            if (kind == 0) {
                all.push_back({executor.submit(Signal, QByteArray::number(SIGKILL)), kind, {}});
                ++dying;
            } else if (kind == 1) {
                all.push_back({executor.submit(QStringLiteral("throw"), argument), kind, argument});
            } else {
                all.push_back({executor.submit(Reverse, argument), kind, argument});
                if (kind == 2)
                    all.back().future.cancel();
            }
        }
        for (Submitted &submitted : all) {
            switch (submitted.kind) {
            case 0:
                QVERIFY_THROWS_EXCEPTION(BrokenWorker,
                                         static_cast<void>(submitted.future.result()));
                break;
            case 1:
                QVERIFY_THROWS_EXCEPTION(JobFailed, static_cast<void>(submitted.future.result()));
                break;
            case 2:
                submitted.future.waitForFinished();
                QVERIFY(submitted.future.isCanceled());
                break;
            default:
                QByteArray expected = submitted.argument;
                std::reverse(expected.begin(), expected.end());
                QCOMPARE(submitted.future.result(), expected);
            }
        }
        executor.shutDown();
        QCOMPARE(executor.brokenWorkers(), dying);
    }
};

int main(int argc, char **argv)
{
    if (isProcessWorker()) {
        JobRegistry::ofProcess().add(QStringLiteral("twice"), [](const QByteArray &argument) {
            return argument + argument;
        });
        return runProcessWorker(argc, argv);
    }
    QCoreApplication application(argc, argv);
    if (argc == 3 && std::string_view(argv[1]) == "--parent") {
        ProcessExecutor executor("parent", options());
        executor.submit(Stay, argv[2]).waitForFinished();
        return 0;
    }
    TestProcessExecutorConformance test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_processexecutor.moc"
