// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/workerexecutor.h>

#include "worker_p.h"

#include <heddle/core/processbarrier.h>
#include <heddle/tasks/blockingscope.h>
#include <heddle/tasks/completion.h>
#include <heddle/trace/slice.h>

#include <algorithm>

namespace heddle {

namespace {

constexpr int SpinRounds = 12; ///< each with twice the pause of the one before, up to
constexpr int MaximumPause = 256;
constexpr int YieldRounds = 64; ///< then this many turns are left to other threads

} // namespace

// What a wake-up relies on: a worker says that it sleeps (recount()) and then looks for work again;
// whoever brings work looks afterwards whether somebody sleeps. Both in the queue and here these
// are sequentially consistent read-modify-writes; pushOwn() leaves its half to orderOwnTasks().

WorkerExecutor::WorkerExecutor(std::string_view name, const ExecutorOptions &options,
                               Stealing stealing)
    : Executor(name, options)
    , m_stealing(stealing)
    , m_target(std::max(options.threads, 1))
    , m_capacity(m_target + std::max(options.maximumExtraThreads, 0))
    , m_threadCounter(std::string(name) + " threads")
{
    m_workers.reserve(static_cast<std::size_t>(m_capacity));
    m_sleepers.reserve(static_cast<std::size_t>(m_capacity));
}

void WorkerExecutor::start()
{
    const std::lock_guard lock(m_mutex);
    for (int number = 1; number <= m_target; ++number)
        addWorker(false);
}

WorkerExecutor::~WorkerExecutor() = default;

namespace {
// The calling thread's, if it is a worker.
constinit thread_local void *t_worker = nullptr;
} // namespace

WorkerExecutor::Worker *WorkerExecutor::ownWorker() const noexcept
{
    auto *worker = static_cast<Worker *>(t_worker);
    return worker && &worker->executor == this ? worker : nullptr;
}

bool WorkerExecutor::isOwnThread() const noexcept
{
    return ownWorker() || isInTask();
}

// Under the mutex.
void WorkerExecutor::addWorker(bool isSearching)
{
    const int number = m_workerCount.load() + 1;
    m_workers.push_back(std::make_unique<Worker>(*this, number));
    Worker &worker = *m_workers.back();
    worker.isSearching = isSearching;
    m_workerCount.store(number);
    m_threadCounter.set(number);
    const std::string name(object().name().text());
    worker.thread = std::make_unique<Thread>(name + ' ' + std::to_string(number),
                                             [this, &worker] { work(worker); });
}

// Under the mutex.
void WorkerExecutor::recount() noexcept
{
    const int sleeping = static_cast<int>(m_sleepers.size());
    const int awake = m_workerCount.load() - sleeping - m_blocked - m_unusable;
    const int startable = m_unusable > 0 ? 0 : m_capacity - m_workerCount.load();
    const int deficit = std::clamp(m_target - awake, 0, sleeping + startable);
    // Modulo 2^64: the other half does not change.
    const quint64 before = m_counts.load() & DeficitMask;
    m_counts.fetch_add(static_cast<quint64>(deficit) - before);
    m_isSurplus.store(awake > m_target, std::memory_order_relaxed); // a hint
}

void WorkerExecutor::work(Worker &self)
{
    t_worker = &self;
    self.parker = &Parker::current();
    adoptThread();
    if (!initialiseThread())
        return leave(self);
    while (!m_isDone.load()) {
        Task *task = nullptr;
        if (!m_isSurplus.load(std::memory_order_relaxed)) { // a hint
            task = self.isSearching ? nullptr : find(self);
            if (!task)
                task = search(self, nullptr);
        } else if (self.isSearching) {
            endSearch(self, true);
        }
        if (task)
            task->run();
        else
            sleep(self, nullptr);
    }
}

// The executor is broken. Workers that have begun end what they have begun.
void WorkerExecutor::leave(Worker &self)
{
    if (self.isSearching)
        endSearch(self, false);
    const std::lock_guard lock(m_mutex);
    ++m_unusable;
    ++m_idle;
    recount();
    endIfDone();
}

Task *WorkerExecutor::find(Worker &self)
{
    if (m_stealing == Stealing::Yes) {
        if (Task *task = self.tasks.pop())
            return task;
    }
    if (mayHaveTasks()) {
        if (Task *task = takeTask())
            return task;
    }
    return m_stealing == Stealing::Yes ? steal(self) : nullptr;
}

Task *WorkerExecutor::steal(Worker &self)
{
    const auto count = static_cast<unsigned>(m_workerCount.load());
    for (unsigned k = 0; k < count; ++k) {
        const unsigned index = (self.victim + k) % count;
        Worker &victim = *m_workers[index];
        if (&victim == &self || victim.tasks.isEmpty())
            continue;
        if (Task *task = victim.tasks.steal()) {
            self.victim = index;
            return task;
        }
    }
    return nullptr;
}

Task *WorkerExecutor::search(Worker &self, const Completion *completion)
{
    if (!self.isSearching) {
        const quint64 searching = m_counts.fetch_add(OneSearching) / OneSearching;
        self.isSearching = true;
        // More of them would only stand in each other's way.
        if (searching >= static_cast<quint64>(std::max(2, (m_target + 1) / 2))) {
            endSearch(self, false);
            return nullptr;
        }
    }
    Task *task = nullptr;
    bool isComplete = false;
    int pause = 4;
    for (int round = 0; round < SpinRounds + YieldRounds; ++round) {
        isComplete = completion && completion->isComplete();
        if (isComplete || m_isDone.load(std::memory_order_relaxed)) // looked at again in sleep()
            break;
        task = find(self);
        if (task)
            break;
        if (round < SpinRounds && futex::canSpin()) {
            for (int k = 0; k < pause; ++k)
                futex::pause();
            pause = std::min(pause * 2, MaximumPause);
        } else {
            std::this_thread::yield();
        }
    }
    endSearch(self, task || isComplete);
    return task;
}

// Whoever goes on to something else passes the search on; whoever goes to sleep looks once more.
void WorkerExecutor::endSearch(Worker &self, bool goesOn)
{
    self.isSearching = false;
    const quint64 before = m_counts.fetch_sub(OneSearching);
    const bool wasLast = before / OneSearching == 1 && (before & DeficitMask) != 0;
    if (!goesOn || !wasLast)
        return;
    if (m_target > 2) // else nobody else is awake
        orderOwnTasks();
    if (mayHaveWork())
        wakeOne();
}

// Others may just have pushed to their own tasks and looked at m_counts without a fence between.
void WorkerExecutor::orderOwnTasks() const noexcept
{
    if (m_hasOwnTasks.load())
        ProcessBarrier::synchronize();
}

bool WorkerExecutor::mayHaveWork() const
{
    if (mayHaveTasks())
        return true;
    if (m_stealing == Stealing::No)
        return false;
    const auto count = static_cast<std::size_t>(m_workerCount.load());
    for (std::size_t index = 0; index < count; ++index) {
        if (!m_workers[index]->tasks.isEmpty())
            return true;
    }
    return false;
}

// Under the mutex.
void WorkerExecutor::endIfDone() noexcept
{
    if (!m_isFinishing || m_idle != m_workerCount.load() || mayHaveWork())
        return;
    m_isDone.store(true);
    for (Worker *sleeper : m_sleepers)
        sleeper->parker->unpark();
}

void WorkerExecutor::sleep(Worker &self, Completion *completion)
{
    if (completion && !completion->announceSleep(*self.parker))
        return;
    bool looksAgain = false;
    bool isAlone = false;
    {
        const std::lock_guard lock(m_mutex);
        self.isAsleep = true;
        self.isIdle = !completion;
        m_idle += self.isIdle;
        m_sleepers.push_back(&self);
        recount();
        const int awake = m_workerCount.load() - static_cast<int>(m_sleepers.size()) - m_blocked
                          - m_unusable;
        looksAgain = awake < m_target; // else those who are awake do it before they sleep
        isAlone = awake == 0;
        endIfDone();
    }
    if (looksAgain && !isAlone)
        orderOwnTasks();
    if (!(looksAgain && mayHaveWork()) && !m_isDone.load()) {
        trace::Wait wait(object(),
                         completion ? trace::WaitReason::Future : trace::WaitReason::PoolIdle);
        self.parker->park();
        wait.finish(trace::WaitOutcome::Woken, self.parker->waker());
    }
    {
        const std::lock_guard lock(m_mutex);
        if (self.isAsleep) {
            self.isAsleep = false;
            m_idle -= self.isIdle;
            m_sleepers.erase(std::find(m_sleepers.begin(), m_sleepers.end(), &self));
            recount();
        }
    }
    if (completion)
        completion->endSleep();
}

void WorkerExecutor::wakeOne() noexcept
{
    Worker *woken = nullptr;
    {
        const std::lock_guard lock(m_mutex);
        if ((m_counts.load() & DeficitMask) == 0)
            return;
        // On its behalf, so that the next one who brings work wakes nobody.
        m_counts.fetch_add(OneSearching);
        if (m_sleepers.empty()) {
            addWorker(true);
        } else {
            woken = m_sleepers.back();
            m_sleepers.pop_back();
            woken->isAsleep = false;
            m_idle -= woken->isIdle;
            woken->isSearching = true;
        }
        recount();
    }
    if (woken)
        woken->parker->unpark();
}

void WorkerExecutor::taskArrived()
{
    if (isWakeNeeded(m_counts.load())) [[unlikely]]
        wakeOne();
}

bool WorkerExecutor::pushOwn(Task *task)
{
    if (m_stealing == Stealing::No)
        return false;
    Worker *self = ownWorker();
    if (!self)
        return false;
    // Relaxed: it is set once, by the exchange.
    if (!m_hasOwnTasks.load(std::memory_order_relaxed)) [[unlikely]]
        m_hasOwnTasks.exchange(true);
    self->tasks.push(task);
    ProcessBarrier::fence(); // pairs with orderOwnTasks()
    if (isWakeNeeded(m_counts.load())) [[unlikely]]
        wakeOne();
    return true;
}

bool WorkerExecutor::wantsTasks() const
{
    // Relaxed: a hint. What is there to be taken already is enough.
    if (m_counts.load(std::memory_order_relaxed) == 0)
        return false;
    const Worker *self = ownWorker();
    return self && m_stealing == Stealing::Yes ? self->tasks.isEmpty() : !mayHaveTasks();
}

Task *WorkerExecutor::nextTask()
{
    Worker *self = ownWorker();
    return self ? find(*self) : takeTask();
}

void WorkerExecutor::helpUntil(Completion &completion)
{
    Worker *self = ownWorker();
    if (!self)
        return Executor::helpUntil(completion);
    while (!completion.isComplete()) {
        if (Task *task = self->tasks.pop()) {
            task->run();
            continue;
        }
        if (completion.isComplete())
            break;
        if (!canHelp()) {
            if (self->isSearching)
                endSearch(*self, true);
            const BlockingScope blocking;
            sleepUntil(completion, false);
            continue;
        }
        Task *task = self->isSearching ? nullptr : steal(*self);
        if (!task)
            task = search(*self, &completion);
        if (task)
            helpBy(task);
        else if (!completion.isComplete())
            sleep(*self, &completion);
    }
    if (self->isSearching)
        endSearch(*self, true);
}

void WorkerExecutor::workerBlocks() noexcept
{
    bool isWakeUseful = false;
    {
        const std::lock_guard lock(m_mutex);
        ++m_blocked;
        recount();
        isWakeUseful = (m_counts.load() & DeficitMask) != 0;
    }
    if (isWakeUseful && mayHaveWork())
        wakeOne();
}

void WorkerExecutor::workerUnblocked() noexcept
{
    const std::lock_guard lock(m_mutex);
    --m_blocked;
    recount();
}

void WorkerExecutor::finishTasks(bool wait)
{
    {
        const std::lock_guard lock(m_mutex);
        m_isFinishing = true;
        endIfDone();
    }
    if (!wait)
        return;
    // No more are added once the first has ended.
    for (std::size_t index = 0; index < static_cast<std::size_t>(m_workerCount.load()); ++index) {
        Thread *thread = nullptr;
        {
            const std::lock_guard lock(m_mutex);
            thread = m_workers[index]->thread.get();
        }
        thread->join();
    }
}

} // namespace heddle
