// SPDX-License-Identifier: Apache-2.0
#include "../trace/recordedtrace.h"

#include <heddle/core/event.h>
#include <heddle/core/exchange.h>
#include <heddle/core/queue.h>
#include <heddle/core/semaphore.h>
#include <heddle/core/thread.h>
#include <heddle/core/threadstorage.h>
#include <heddle/trace/slice.h>

#include <QEventLoop>
#include <QTest>

#include <barrier>
#include <memory>
#include <set>
#include <utility>

using namespace heddle;
using namespace std::chrono_literals;

using Values = std::vector<qint64>;

namespace {

// A thread with an event loop and an object that lives in it.
class Receiver
{
public:
    Receiver()
        : m_thread("receiver", [this] {
            QEventLoop loop;
            QObject object;
            m_context = &object;
            m_loop = &loop;
            m_ready.set();
            loop.exec();
        })
    {
        m_ready.wait();
    }
    ~Receiver() { end(); }
    void end()
    {
        if (QEventLoop *loop = std::exchange(m_loop, nullptr))
            QMetaObject::invokeMethod(loop, [loop] { loop->quit(); });
        m_thread.join();
    }
    QObject *context() const { return m_context; }

private:
    Event m_ready{"receiver is ready"};
    QObject *m_context = nullptr;
    QEventLoop *m_loop = nullptr;
    Thread m_thread;
};

} // namespace

// What the headers of the primitives promise under "Trace:".
class TestPrimitivesTrace : public QObject
{
    Q_OBJECT

    // The only wait of a thread.
    static WaitInfo waitOf(const RecordedTrace &trace, const char *thread)
    {
        const std::size_t handle = trace.thread(thread);
        if (trace.store.waits(handle).size() != 1)
            qFatal("%s waited %zu times", thread, trace.store.waits(handle).size());
        return trace.store.wait(handle, 0);
    }
    static std::optional<std::size_t> handleOf(const RecordedTrace &trace, const char *thread)
    {
        return trace.thread(thread);
    }

private Q_SLOTS:
    void aQueueIsAnObjectWithItsNameAndCapacity()
    {
        RecordedTrace trace;
        {
            const Queue<int> bounded("bounded", 3);
            const Queue<int> unbounded("unbounded");
        }
        trace.end();
        const ObjectInfo bounded = trace.objectInfo("bounded");
        QCOMPARE(bounded.kind, ObjectKind::Queue);
        QCOMPARE(bounded.capacity, std::int64_t{3});
        QCOMPARE(trace.objectInfo("unbounded").capacity, std::int64_t{0});
    }

    void anObjectEndsWithItsPrimitive()
    {
        RecordedTrace trace;
        const Queue<int> lasting("lasting");
        {
            const Queue<int> passing("passing");
        }
        trace.end();
        QVERIFY(trace.objectInfo("passing").destroyedNs >= trace.objectInfo("passing").createdNs);
        QCOMPARE(trace.objectInfo("lasting").destroyedNs, Interval::Unfinished);
    }

    void aQueuesCounterIsItsDepth()
    {
        RecordedTrace trace;
        Queue<int> queue("items");
        queue.put(1);
        queue.put(2);
        (void)queue.get();
        queue.put(3);
        queue.shutDown(QueueShutDown::Immediate);
        trace.end();
        QCOMPARE(trace.counter("items"), (Values{1, 2, 1, 2, 1, 0}));
    }

    void aBlockedGetIsAWaitThatThePutterEnds()
    {
        RecordedTrace trace;
        Queue<int> queue("items");
        Thread consumer("consumer", [&] { (void)queue.get(); });
        trace.untilWaiting("consumer");
        Thread("producer", [&] { queue.put(1); }).join();
        consumer.join();
        trace.end();
        const WaitInfo wait = waitOf(trace, "consumer");
        QCOMPARE(wait.reason, WaitReason::QueueEmpty);
        QCOMPARE(wait.object, std::optional(trace.object("items")));
        QCOMPARE(wait.outcome, WaitOutcome::Woken);
        QCOMPARE(wait.waker, handleOf(trace, "producer"));
        QVERIFY(wait.durationNs >= 0);
    }

    void aBlockedPutIsAWaitThatTheTakerEnds()
    {
        RecordedTrace trace;
        Queue<int> queue("items", 1);
        queue.put(1);
        Thread producer("producer", [&] { queue.put(2); });
        trace.untilWaiting("producer");
        Thread("consumer", [&] { (void)queue.get(); }).join();
        producer.join();
        trace.end();
        const WaitInfo wait = waitOf(trace, "producer");
        QCOMPARE(wait.reason, WaitReason::QueueFull);
        QCOMPARE(wait.object, std::optional(trace.object("items")));
        QCOMPARE(wait.outcome, WaitOutcome::Woken);
        QCOMPARE(wait.waker, handleOf(trace, "consumer"));
    }

    void aBlockedJoinIsAWaitThatTheLastTaskDoneEnds()
    {
        RecordedTrace trace;
        Queue<int> queue("items");
        queue.put(1);
        queue.put(2);
        Thread joiner("joiner", [&] { queue.join(); });
        trace.untilWaiting("joiner");
        Thread("first", [&] { queue.taskDone(); }).join();
        Thread("last", [&] {
            queue.taskDone();
            trace::instant(trace::Name("done")); // a record of its own
        }).join();
        joiner.join();
        trace.end();
        const WaitInfo wait = waitOf(trace, "joiner");
        QCOMPARE(wait.reason, WaitReason::QueueJoin);
        QCOMPARE(wait.object, std::optional(trace.object("items")));
        QCOMPARE(wait.waker, handleOf(trace, "last"));
    }

    void aShutDownEndsTheWaitsAsSuch()
    {
        RecordedTrace trace;
        Queue<int> empty("empty");
        Queue<int> full("full", 1);
        full.put(1);
        Thread consumer("consumer", [&] { (void)empty.get(); });
        Thread producer("producer", [&] { full.put(2); });
        trace.untilWaiting("consumer");
        trace.untilWaiting("producer");
        Thread("closer", [&] {
            empty.shutDown();
            full.shutDown();
        }).join();
        QVERIFY_THROWS_EXCEPTION(ShutDown, consumer.joinAndRethrow());
        QVERIFY_THROWS_EXCEPTION(ShutDown, producer.joinAndRethrow());
        trace.end();
        for (const char *waiter : {"consumer", "producer"}) {
            QCOMPARE(waitOf(trace, waiter).outcome, WaitOutcome::ShutDown);
            QCOMPARE(waitOf(trace, waiter).waker, handleOf(trace, "closer"));
        }
    }

    void nobodyEndsAWaitThatTimesOut()
    {
        RecordedTrace trace;
        Queue<int> queue("items");
        Outcome status = Outcome::Done;
        Thread("consumer", [&] {
            std::optional<int> item;
            status = queue.getFor(item, 50ms);
        }).join();
        trace.end();
        QCOMPARE(status, Outcome::Empty);
        const WaitInfo wait = waitOf(trace, "consumer");
        QCOMPARE(wait.outcome, WaitOutcome::TimedOut);
        QCOMPARE(wait.waker, std::nullopt);
        // It spins before it waits; on a busy machine that takes as long as others keep the
        // processor.
        QVERIFY(wait.durationNs >= 20'000'000);
    }

    void aStopEndsTheWaitInTheNameOfWhoRequestedIt()
    {
        RecordedTrace trace;
        Queue<int> queue("items");
        std::stop_source stop;
        Thread consumer("consumer", [&] { (void)queue.get(stop.get_token()); });
        trace.untilWaiting("consumer");
        Thread("stopper", [&] {
            stop.request_stop();
            trace::instant(trace::Name("requested")); // a record of its own
        }).join();
        QVERIFY_THROWS_EXCEPTION(Stopped, consumer.joinAndRethrow());
        trace.end();
        const WaitInfo wait = waitOf(trace, "consumer");
        QCOMPARE(wait.outcome, WaitOutcome::Stopped);
        QCOMPARE(wait.waker, handleOf(trace, "stopper"));
    }

    void whoRequestedAStopIsKnownEvenIfTheWaiterSeesItFirst()
    {
        RecordedTrace trace;
        Semaphore semaphore("permits", 0);
        Event ended("ended");
        std::stop_source stop;
        Thread taker("taker", [&] {
            semaphore.acquire(2, stop.get_token());
            ended.set();
        });
        trace.untilWaiting("taker");
        Thread("stopper", [&] {
            // Runs when the stop is visible and before the callbacks of the wait (where the last
            // to come is the first to be called); a release too small then makes the taker look.
            const std::stop_callback early(stop.get_token(), [&] {
                semaphore.release();
                (void)ended.waitFor(100ms); // enough for a taker that would go on too early
            });
            stop.request_stop();
        }).join();
        taker.join();
        trace.end();
        const WaitInfo wait = waitOf(trace, "taker");
        QCOMPARE(wait.outcome, WaitOutcome::Stopped);
        QCOMPARE(wait.waker, handleOf(trace, "stopper"));
    }

    void whoNeedNotWaitRecordsNoWait()
    {
        RecordedTrace trace;
        Queue<int> queue("items", 1);
        Event event("event");
        Semaphore semaphore("permits", 1);
        int item = 1;
        std::optional<int> taken;
        QCOMPARE(queue.tryGet(taken), Outcome::Empty);
        queue.put(item);
        QCOMPARE(queue.tryPut(item), Outcome::Full);
        QCOMPARE(queue.getFor(taken, 1h), Outcome::Done);
        queue.taskDone();
        queue.join();
        event.set();
        event.wait();
        semaphore.acquire();
        QVERIFY(!semaphore.tryAcquire());
        trace.end();
        QCOMPARE(trace.store.waits(trace.thread("main")).size(), std::size_t{0});
    }

    void anItemFlowsFromItsPutToItsGet()
    {
        RecordedTrace trace;
        Queue<int> queue("items");
        Thread("producer", [&] {
            for (int k = 0; k < 3; ++k)
                queue.put(k);
        }).join();
        Thread("consumer", [&] {
            for (int k = 0; k < 3; ++k)
                (void)queue.get();
        }).join();
        trace.end();
        const std::vector<std::uint64_t> flows = trace.flowsFrom("producer", FlowKind::QueueItem);
        QCOMPARE(flows.size(), std::size_t{3});
        QCOMPARE(std::set(flows.begin(), flows.end()).size(), std::size_t{3});
        for (const std::uint64_t flow : flows) {
            const std::vector<FlowPoint> points = trace.store.flow(flow);
            QCOMPARE(points.size(), std::size_t{2});
            QCOMPARE(points[0].kind, FlowKind::QueueItem);
            QCOMPARE(points[1].phase, FlowPhase::End);
            QCOMPARE(std::size_t{points[1].thread}, trace.thread("consumer"));
        }
        QCOMPARE(trace.store.counts().completeFlows, std::uint64_t{3});
    }

    void aFlowFollowsItsItemInEveryOrder()
    {
        RecordedTrace trace;
        LifoQueue<int> stack("stack");
        PriorityQueue<int> sorted("sorted");
        for (const int item : {30, 10, 20})
            stack.put(item);
        for (const int item : {30, 10, 20})
            sorted.put(item);
        std::vector<int> taken;
        Thread("consumer", [&] {
            for (int k = 0; k < 3; ++k)
                taken.push_back(stack.get());
            for (int k = 0; k < 3; ++k)
                taken.push_back(sorted.get());
        }).join();
        trace.end();
        QCOMPARE(taken, (std::vector<int>{20, 10, 30, 10, 20, 30}));
        const std::vector<std::uint64_t> flows = trace.flowsFrom("main", FlowKind::QueueItem);
        const auto &ends = trace.store.flowPoints(trace.thread("consumer"));
        QCOMPARE(flows.size(), std::size_t{6});
        QCOMPARE(ends.size(), std::size_t{6});
        const std::size_t order[] = {2, 1, 0, 4, 5, 3};
        for (std::size_t k = 0; k < 6; ++k)
            QCOMPARE(ends.at(k).flow, flows[order[k]]);
    }

    void anItemThatCarriesNothingHasNoFlow()
    {
        RecordedTrace trace;
        Queue<std::optional<int>> queue("items");
        queue.put(7);
        queue.put(std::nullopt);
        (void)queue.get();
        (void)queue.get();
        trace.end();
        QCOMPARE(trace.store.counts().flows, std::uint64_t{1});
        QCOMPARE(trace.store.counts().completeFlows, std::uint64_t{1});
        QCOMPARE(trace.counter("items"), (Values{1, 2, 1, 0})); // it has its place all the same
    }

    void anItemOlderThanTheRecordingHasNoBeginButItsPlace()
    {
        Queue<int> queue("items");
        queue.put(1);
        RecordedTrace trace;
        QCOMPARE(queue.get(), 1);
        trace.end();
        QCOMPARE(trace.objectInfo("items").kind, ObjectKind::Queue);
        QCOMPARE(trace.store.counts().completeFlows, std::uint64_t{0});
        QCOMPARE(trace.counter("items"), (Values{0}));
    }

    void anEventsCounterIsOneWhileItIsSet()
    {
        RecordedTrace trace;
        Event event("event");
        event.clear();
        event.set();
        event.set(); // as once
        event.clear();
        event.set();
        trace.end();
        QCOMPARE(trace.objectInfo("event").kind, ObjectKind::Event);
        QCOMPARE(trace.counter("event"), (Values{1, 0, 1}));
    }

    void everyWaiterOfAnEventIsWokenByWhoSetIt()
    {
        RecordedTrace trace;
        Event event("event");
        Thread first("first", [&] { event.wait(); });
        Thread second("second", [&] { (void)event.waitFor(1h); });
        trace.untilWaiting("first");
        trace.untilWaiting("second");
        Thread("setter", [&] { event.set(); }).join();
        first.join();
        second.join();
        trace.end();
        for (const char *waiter : {"first", "second"}) {
            const WaitInfo wait = waitOf(trace, waiter);
            QCOMPARE(wait.reason, WaitReason::Event);
            QCOMPARE(wait.object, std::optional(trace.object("event")));
            QCOMPARE(wait.outcome, WaitOutcome::Woken);
            QCOMPARE(wait.waker, handleOf(trace, "setter"));
        }
    }

    void aSetFlowsToEveryWaiterThatItWoke()
    {
        RecordedTrace trace;
        Event event("event");
        Thread impatient("impatient", [&] { (void)event.waitFor(1ms); });
        impatient.join();
        Thread first("first", [&] { event.wait(); });
        Thread second("second", [&] { event.wait(); });
        trace.untilWaiting("first");
        trace.untilWaiting("second");
        Thread("setter", [&] { event.set(); }).join();
        first.join();
        second.join();
        event.wait(); // wakes nobody
        trace.end();
        const std::vector<std::uint64_t> flows = trace.flowsFrom("setter", FlowKind::Wake);
        QCOMPARE(flows.size(), std::size_t{2});
        std::set<std::size_t> reached;
        for (const std::uint64_t flow : flows) {
            const std::vector<FlowPoint> points = trace.store.flow(flow);
            QCOMPARE(points.size(), std::size_t{2});
            QCOMPARE(points[0].kind, FlowKind::Wake);
            QCOMPARE(points[1].phase, FlowPhase::End);
            reached.insert(points[1].thread);
        }
        QCOMPARE(reached, (std::set{trace.thread("first"), trace.thread("second")}));
        QCOMPARE(trace.store.counts().flows, std::uint64_t{2});
    }

    void aSemaphoresCounterIsItsFreePermits()
    {
        RecordedTrace trace;
        Semaphore semaphore("permits", 3);
        semaphore.acquire(2);
        QVERIFY(!semaphore.tryAcquire(2));
        semaphore.release();
        semaphore.release();
        trace.end();
        QCOMPARE(trace.objectInfo("permits").kind, ObjectKind::Semaphore);
        QCOMPARE(trace.objectInfo("permits").capacity, std::int64_t{3});
        QCOMPARE(trace.counter("permits"), (Values{3, 1, 2, 3}));
    }

    void aBlockedAcquireIsAWaitThatTheReleaserEnds()
    {
        RecordedTrace trace;
        Semaphore semaphore("permits", 0);
        Thread taker("taker", [&] { semaphore.acquire(); });
        trace.untilWaiting("taker");
        Thread("giver", [&] { semaphore.release(); }).join();
        taker.join();
        trace.end();
        const WaitInfo wait = waitOf(trace, "taker");
        QCOMPARE(wait.reason, WaitReason::Semaphore);
        QCOMPARE(wait.object, std::optional(trace.object("permits")));
        QCOMPARE(wait.outcome, WaitOutcome::Woken);
        QCOMPARE(wait.waker, handleOf(trace, "giver"));
    }

    void whoAsksForManyIsEndedByTheReleaseThatSuffices()
    {
        RecordedTrace trace;
        Semaphore semaphore("permits", 0);
        Thread taker("taker", [&] { semaphore.acquire(2); });
        trace.untilWaiting("taker");
        Thread("first", [&] { semaphore.release(); }).join();
        Thread("second", [&] { semaphore.release(); }).join();
        taker.join();
        trace.end();
        QCOMPARE(waitOf(trace, "taker").waker, handleOf(trace, "second"));
        QCOMPARE(trace.counter("permits"), (Values{0, 1, 2, 0}));
    }

    void aStoragesCounterIsItsThreadsThatHaveAValue()
    {
        constexpr int rounds = 20'000;
        RecordedTrace trace;
        {
            ThreadStorage<int> storage("storage");
            std::barrier<> together(4);
            const auto use = [&] {
                together.arrive_and_wait();
                for (int k = 0; k < rounds; ++k) {
                    (void)storage.local();
                    storage.reset();
                }
            };
            std::vector<std::unique_ptr<Thread>> threads;
            for (int k = 0; k < 4; ++k)
                threads.push_back(std::make_unique<Thread>("user", use));
            threads.clear();
        }
        trace.end();
        QCOMPARE(trace.objectInfo("storage").kind, ObjectKind::Storage);
        const Values values = trace.counter("storage");
        QCOMPARE(values.size(), std::size_t{4 * 2 * rounds});
        qint64 before = 0;
        for (const qint64 value : values) {
            QCOMPARE(std::abs(value - before), qint64{1});
            before = value;
        }
        QCOMPARE(before, qint64{0});
    }

    void anExchangesCounterIsItsSubscribers()
    {
        RecordedTrace trace;
        Exchange<int> exchange("news");
        {
            const Subscription first = exchange.attach([](int) {});
            Subscription second = exchange.attach([](int) {});
            QVERIFY(second.detach());
            QVERIFY(!second.detach());
        }
        trace.end();
        QCOMPARE(trace.objectInfo("news").kind, ObjectKind::Exchange);
        QCOMPARE(trace.counter("news"), (Values{1, 2, 1, 0}));
    }

    void directDeliveriesAreSlicesOfTheSenderWithoutAGap()
    {
        RecordedTrace trace;
        Exchange<int> exchange("news");
        const Subscription first = exchange.attach([](int) { HEDDLE_SLICE("first"); });
        const Subscription second = exchange.attach([](int) { HEDDLE_SLICE("second"); });
        Thread("sender", [&] { exchange.send(1); }).join();
        trace.end();
        const std::size_t sender = trace.thread("sender");
        const auto &slices = trace.store.slices(sender, 0);
        QCOMPARE(slices.size(), std::size_t{2});
        QCOMPARE(trace.store.slices(sender, 1).size(), std::size_t{2}); // those of the handlers
        for (std::size_t k = 0; k < 2; ++k) {
            QCOMPARE(trace.store.name(slices.at(k).value), QStringLiteral("news"));
            const Interval inner = trace.store.slices(sender, 1).at(k);
            QVERIFY(inner.startNs >= slices.at(k).startNs);
            QVERIFY(inner.startNs + inner.durationNs
                    <= slices.at(k).startNs + slices.at(k).durationNs);
        }
        QCOMPARE(slices.at(1).startNs, slices.at(0).startNs + slices.at(0).durationNs);
    }

    void aQueuedDeliveryFlowsIntoASliceOfTheReceiver()
    {
        RecordedTrace trace;
        Receiver receiver;
        Exchange<int> exchange("news");
        Event handled("handled");
        const Subscription subscription = exchange.attach(
                [&](int) { handled.set(); },
                {.delivery = Delivery::Queued, .context = receiver.context()});
        Thread("sender", [&] { exchange.send(1); }).join();
        handled.wait();
        receiver.end();
        trace.end();
        const std::size_t handler = trace.thread("receiver");
        QCOMPARE(trace.store.slices(handler, 0).size(), std::size_t{1});
        const Interval slice = trace.store.slices(handler, 0).at(0);
        QCOMPARE(trace.store.name(slice.value), QStringLiteral("news"));
        const std::vector<std::uint64_t> flows = trace.flowsFrom("sender", FlowKind::QueueItem);
        QCOMPARE(flows.size(), std::size_t{1});
        const std::vector<FlowPoint> points = trace.store.flow(flows[0]);
        QCOMPARE(points.size(), std::size_t{2});
        QCOMPARE(points[1].phase, FlowPhase::End);
        QCOMPARE(std::size_t{points[1].thread}, handler);
        QVERIFY(points[1].ns >= slice.startNs);
        QVERIFY(points[1].ns <= slice.startNs + slice.durationNs);
        QCOMPARE(trace.store.depthCount(trace.thread("sender")), std::size_t{0});
    }

    void aBlockingDeliveryIsAWaitThatTheHandlerEnds()
    {
        RecordedTrace trace;
        Receiver receiver;
        Exchange<int> exchange("news");
        Event go("go");
        const Subscription subscription = exchange.attach(
                [&](int) { go.wait(); },
                {.delivery = Delivery::BlockingQueued, .context = receiver.context()});
        Thread sender("sender", [&] { exchange.send(1); });
        trace.untilWaiting("sender");
        go.set();
        sender.join();
        receiver.end();
        trace.end();
        const WaitInfo wait = waitOf(trace, "sender");
        QCOMPARE(wait.reason, WaitReason::Signal);
        QVERIFY(wait.object.has_value());
        QCOMPARE(wait.outcome, WaitOutcome::Woken);
        QCOMPARE(wait.waker, handleOf(trace, "receiver"));
    }

    void aSendToAFullSubscriberIsAWaitThatTheReceiverEnds()
    {
        RecordedTrace trace;
        Receiver receiver;
        Exchange<int> exchange("news");
        Event go("go");
        const Subscription subscription = exchange.attach([&](int) { go.wait(); },
                                                          {.delivery = Delivery::Queued,
                                                           .context = receiver.context(),
                                                           .capacity = 1,
                                                           .overflow = Overflow::Block});
        exchange.send(1);
        trace.untilWaiting("receiver"); // it has taken the first, so that the second has room
        Thread sender("sender", [&] {
            exchange.send(2);
            exchange.send(3);
        });
        trace.untilWaiting("sender");
        go.set();
        sender.join();
        receiver.end();
        trace.end();
        const WaitInfo wait = waitOf(trace, "sender");
        QCOMPARE(wait.reason, WaitReason::QueueFull);
        QCOMPARE(wait.waker, handleOf(trace, "receiver"));
    }

    void aMessageThatIsDroppedHasNoDelivery()
    {
        RecordedTrace trace;
        Receiver receiver;
        Exchange<int> exchange("news");
        Event go("go");
        const Subscription subscription = exchange.attach([&](int) { go.wait(); },
                                                          {.delivery = Delivery::Queued,
                                                           .context = receiver.context(),
                                                           .capacity = 1,
                                                           .overflow = Overflow::DropNewest});
        exchange.send(1);
        trace.untilWaiting("receiver");
        exchange.send(2);
        QCOMPARE(exchange.send(3).dropped, 1);
        go.set();
        receiver.end();
        trace.end();
        QCOMPARE(trace.flowsFrom("main", FlowKind::QueueItem).size(), std::size_t{2});
        QCOMPARE(trace.store.slices(trace.thread("receiver"), 0).size(), std::size_t{2});
    }
};

QTEST_GUILESS_MAIN(TestPrimitivesTrace)
#include "tst_primitivestrace.moc"
