// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/thread.h>
#include <heddle/tasks/executor.h>

namespace heddle {

/// An executor with threads of its own; what ThreadExecutor and WorkStealingExecutor share.
///
/// The threads are named "name 1", "name 2" … A thread without work looks for some for a short
/// while and then sleeps, as "pool idle". Whoever brings work wakes one thread, and only if none is
/// looking for work already; a thread that found work wakes the next if more is there. So neither a
/// wake-up is lost nor one too many made.
///
/// While workers are blocked, other threads take their places, up to
/// ExecutorOptions::maximumExtraThreads; they sleep when they are not needed any more. The counter
/// "name threads" in the trace tells how many there are.
class HEDDLE_ENGINE_EXPORT WorkerExecutor : public Executor
{
public:
    ~WorkerExecutor() override;

    [[nodiscard]] int concurrency() const override { return m_target; }
    /// Threads that have been started, with those that took over for blocked ones.
    [[nodiscard]] int threadCount() const { return m_workerCount.load(); }

protected:
    /// Whether workers have tasks of their own, which others may take.
    enum class Stealing {
        No,  ///< all tasks are in the queue
        Yes, ///< the children of groups are their workers' own
    };
    /// Without threads yet, see start().
    WorkerExecutor(std::string_view name, const ExecutorOptions &options, Stealing stealing);
    /// Starts the threads; called at the end of the last constructor, as the threads call virtual
    /// functions. In return the first destructor calls shutDownAtEnd().
    void start();

    void taskArrived() final;
    void finishTasks(bool wait) final;
    Task *nextTask() final;
    bool pushOwn(Task *task) final;
    void helpUntil(Completion &completion) final;
    /// Also while another executor's task runs on top.
    [[nodiscard]] bool isOwnThread() const noexcept final;
    [[nodiscard]] bool wantsTasks() const final;
    void workerBlocks() noexcept final;
    /// Takes the extra thread back.
    void workerUnblocked() noexcept final;

private:
    class Worker;
    static constexpr quint64 OneSearching = quint64{1} << 32;
    static constexpr quint64 DeficitMask = OneSearching - 1;

    void addWorker(bool isSearching);
    void work(Worker &self);
    Task *find(Worker &self);
    Task *steal(Worker &self);
    Task *search(Worker &self, const Completion *completion);
    void endSearch(Worker &self, bool goesOn);
    void sleep(Worker &self, Completion *completion);
    [[nodiscard]] bool mayHaveWork() const;
    void orderOwnTasks() const noexcept;
    void wakeOne() noexcept;
    void recount() noexcept;
    void endIfDone() noexcept;
    void leave(Worker &self);
    [[nodiscard]] Worker *ownWorker() const noexcept;
    /// Whether somebody has to be woken for new work.
    [[nodiscard]] static bool isWakeNeeded(quint64 counts)
    {
        return counts != 0 && counts < OneSearching;
    }

    const Stealing m_stealing;
    const int m_target; ///< how many workers shall be neither asleep nor blocked when there is work
    const int m_capacity;
    trace::ReportedCounter m_threadCounter;
    /// Workers looking for work << 32 | how many more may be woken or started.
    alignas(64) std::atomic<quint64> m_counts{0};
    std::atomic<bool> m_isSurplus{false}; ///< more are awake than shall be
    std::atomic<bool> m_isDone{false};
    std::atomic<bool> m_hasOwnTasks{false}; ///< a worker has ever had some
    alignas(64) std::atomic<int> m_workerCount{0};
    std::vector<std::unique_ptr<Worker>> m_workers; ///< never moves, as it has the room
    std::mutex m_mutex;                             ///< for what follows
    std::vector<Worker *> m_sleepers;
    int m_idle = 0; ///< sleepers that are in no task
    int m_blocked = 0;
    int m_unusable = 0; ///< their initialiser has failed
    bool m_isFinishing = false;
};

} // namespace heddle
