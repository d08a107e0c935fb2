// SPDX-License-Identifier: Apache-2.0
#include "collectedrecords.h"

#include <heddle/trace/sources/kernelscheduling.h>

#include <QTest>

#include <algorithm>
#include <atomic>
#include <future>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

using namespace heddle::trace;

class TestKernelScheduling : public QObject
{
    Q_OBJECT

    // Leaves the processor \a times of its own accord; returns the id of its thread.
    static std::uint64_t blockSomeTimes(int times)
    {
        for (int k = 0; k < times; ++k)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return static_cast<std::uint64_t>(::syscall(SYS_gettid));
    }

private Q_SLOTS:
    void aThreadThatBlocksGoesOffAndOnTheProcessor_data()
    {
        QTest::addColumn<bool>("perfEvents");
        QTest::newRow("best source") << true;
        QTest::newRow("fallback") << false;
    }
    void aThreadThatBlocksGoesOffAndOnTheProcessor()
    {
        QFETCH(bool, perfEvents);
        KernelScheduling scheduling;
        const auto source = scheduling.start(static_cast<std::uint64_t>(::getpid()), perfEvents);
        QVERIFY2(source != KernelScheduling::Source::None, scheduling.reason().c_str());
        if (!perfEvents)
            QCOMPARE(source, KernelScheduling::Source::SchedstatSampling);
        if (source == KernelScheduling::Source::SchedstatSampling)
            QVERIFY(!scheduling.reason().empty());

        CollectedRecords found;
        const std::int64_t begin = Clock::monotonicNs();
        std::atomic<bool> done{false};
        std::future<std::uint64_t> worker = std::async(std::launch::async, [&] {
            const std::uint64_t id = blockSomeTimes(30);
            done = true;
            return id;
        });
        while (!done)
            scheduling.drain(found);
        const std::uint64_t id = worker.get();
        const std::int64_t end = Clock::monotonicNs();
        QTRY_VERIFY((scheduling.drain(found), Clock::monotonicNs() > end + 5'000'000));

        std::vector<SchedulingRecord> own;
        std::copy_if(found.switches.begin(), found.switches.end(), std::back_inserter(own),
                     [id](const SchedulingRecord &record) { return record.osThreadId == id; });
        if (source == KernelScheduling::Source::PerfEvents) {
            const auto blocked = std::count_if(own.begin(), own.end(), [](const auto &record) {
                return record.state == SchedulingState::Blocked;
            });
            QVERIFY(blocked >= 30);
            // On and off alternate, in order of time, within the time that we watched.
            for (std::size_t k = 0; k < own.size(); ++k) {
                QVERIFY(own[k].monotonicNs >= begin && own[k].monotonicNs <= end);
                if (k > 0) {
                    QVERIFY(own[k].monotonicNs >= own[k - 1].monotonicNs);
                    QVERIFY((own[k].state == SchedulingState::Running)
                            != (own[k - 1].state == SchedulingState::Running));
                }
            }
            QCOMPARE(own.back().state, SchedulingState::Ended);
            QCOMPARE(scheduling.lost(), std::uint64_t{0});
        } else {
            QVERIFY(!found.switches.empty());
        }
    }

    void aProcessThatDoesNotExistHasNoSource()
    {
        KernelScheduling scheduling;
        QCOMPARE(scheduling.start(0x7ffffff0), KernelScheduling::Source::None);
        QVERIFY(!scheduling.reason().empty());
        CollectedRecords found;
        scheduling.drain(found);
        QVERIFY(found.switches.empty());
    }
};

QTEST_GUILESS_MAIN(TestKernelScheduling)
#include "tst_kernelscheduling.moc"
