// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/executor.h>

#include "../grouppause_p.h"
#include "parker_p.h"
#include "taskqueue_p.h"

#include <heddle/tasks/blockingscope.h>
#include <heddle/tasks/completion.h>

#include <algorithm>
#include <thread>

namespace heddle {

namespace {

// The calling thread's.
constinit thread_local Executor *t_current = nullptr;
constinit thread_local int t_helpDepth = 0;
thread_local std::vector<quint64> t_initialisedFor;

// Tasks that help run on top of the one that waits: so far the stack must reach.
constexpr int MaximumHelpDepth = 64;

quint64 nextSerial()
{
    static std::atomic<quint64> last{0};
    return ++last;
}

QString describe(const std::exception_ptr &failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception &exception) {
        return QString::fromUtf8(exception.what());
    } catch (...) {
        return QStringLiteral("an exception of unknown type");
    }
}

} // namespace

/// What the primitives tell when they block one of the executor's threads.
class Executor::Observer final : public BlockingObserver
{
public:
    explicit Observer(Executor &executor)
        : m_executor(executor)
    {}
    void aboutToBlock(trace::ObjectId, trace::WaitReason) noexcept override
    {
        BlockingScope::begin(m_executor);
    }
    void unblocked() noexcept override { BlockingScope::end(m_executor); }

private:
    Executor &m_executor;
};

Executor::Executor(std::string_view name, const ExecutorOptions &options)
    : m_object(trace::ObjectKind::Executor, name)
    , m_options(options)
    , m_serial(nextSerial())
    , m_queue(std::make_unique<TaskQueue>())
    , m_observer(std::make_unique<Observer>(*this))
{}

Executor::~Executor() = default;

QString Executor::name() const
{
    return QString::fromUtf8(m_object.name().text());
}

Executor *Executor::current() noexcept
{
    return t_current;
}

qsizetype Executor::pending() const
{
    return m_queue->size();
}

Task *Executor::takeTask()
{
    return m_queue->take();
}

bool Executor::mayHaveTasks() const
{
    return m_queue->mayHaveTasks();
}

bool Executor::push(Task *task, Priority priority)
{
    bool isTaken = false;
    try {
        isTaken = m_queue->push(task, priority);
    } catch (...) {
        task->drop();
        throw;
    }
    if (isTaken) {
        taskArrived();
        if (m_helperCount.load() > 0) [[unlikely]] // after the push, see TaskQueue::push()
            wakeHelpers();
    }
    return isTaken;
}

void Executor::enqueue(Task *task, const TaskOptions &options)
{
    task->setReady(m_object.id(), options.name.id() ? options.name : m_object.name());
    if (!push(task, options.priority)) {
        task->drop();
        refuse();
    }
}

void Executor::enqueue(std::shared_ptr<TaskControl> control, const TaskOptions &options)
{
    control->setReady(m_object.id(), options.name.id() ? options.name : m_object.name());
    Task *task = Task::make([control](Task::Action action) {
        control->act(action);
        return trace::TaskState::Finished; // the control has told the trace
    });
    if (!push(task, options.priority)) {
        task->drop();
        refuse();
    }
    control->arm();
}

void Executor::spawn(Task *task)
{
    task->setReady(m_object.id(), m_object.name());
    const bool isOwn = isOwnThread();
    if (isOwn && pushOwn(task))
        return;
    // Where tasks help on top of each other already, further ones would exhaust the stack; and what
    // a running task consists of is not new work for an executor that is shut down.
    if (isOwn && t_helpDepth >= MaximumHelpDepth) {
        runTask(task);
    } else if (!push(task, Priority::Normal)) {
        if (!isOwn) {
            task->drop();
            refuse();
        }
        runTask(task);
    }
}

void Executor::refuse() const
{
    if (m_isBroken.load()) {
        const std::lock_guard lock(m_mutex);
        throw Broken(QStringLiteral("The executor is broken: %1").arg(m_whyBroken), name(),
                     QStringLiteral("Its initialiser must not throw"));
    }
    throw ShutDown(QStringLiteral("The executor takes no more tasks"), name(),
                   QStringLiteral("Submit before shutDown()"));
}

void Executor::runTask(Task *task) noexcept
{
    Executor *const currentBefore = std::exchange(t_current, this);
    BlockingObserver *const observerBefore = BlockingObserver::setCurrent(m_observer.get());
    const GroupPause pause;
    task->run();
    BlockingObserver::setCurrent(observerBefore);
    t_current = currentBefore;
}

void Executor::adoptThread() noexcept
{
    t_current = this;
    BlockingObserver::setCurrent(m_observer.get());
}

bool Executor::initialiseThread() noexcept
{
    if (m_options.initialiser
        && std::find(t_initialisedFor.begin(), t_initialisedFor.end(), m_serial)
                   == t_initialisedFor.end()) {
        try {
            t_initialisedFor.push_back(m_serial);
            m_options.initialiser();
        } catch (...) {
            breakDown(std::current_exception());
        }
    }
    return !m_isBroken.load();
}

void Executor::breakDown(const std::exception_ptr &cause) noexcept
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_isBroken.load())
            return;
        m_whyBroken = describe(cause);
        m_isBroken.store(true);
    }
    m_queue->close();
    dropPending(Task::Action::Break);
    finishTasks(false);
}

// At once: whoever waits for a task that will not run need not wait for those before it.
void Executor::dropPending(Task::Action why) noexcept
{
    for (Task *task = m_queue->takeAll(); task;) {
        Task *const next = task->next;
        task->drop(why);
        task = next;
    }
}

void Executor::shutDown(PendingTasks pending, bool wait)
{
    if (wait && isInTask()) {
        throw Misuse(QStringLiteral("A task cannot wait for the end of the executor that runs it"),
                     name(), QStringLiteral("Call shutDown() without waiting, or elsewhere"));
    }
    m_queue->close();
    if (pending == PendingTasks::Cancel)
        dropPending(Task::Action::Cancel);
    finishTasks(wait);
}

void Executor::shutDownAtEnd() noexcept
{
    if (isInTask())
        qFatal("heddle::Executor %s is destroyed by one of its own tasks", qPrintable(name()));
    shutDown();
}

void Executor::waitFor(QFutureInterfaceBase future)
{
    if (future.isFinished())
        return;
    if (!isOwnThread()) {
        const BlockingScope blocking; // for the executor whose task this is, if it is one
        sleepUntilFinished(future);
    } else if (m_options.blockedWorkers == BlockedWorkerPolicy::Ignore) {
        sleepUntilFinished(future);
    } else if (m_options.blockedWorkers == BlockedWorkerPolicy::Refuse) {
        throw Misuse(QStringLiteral("A task must not wait for a task of its own executor"), name(),
                     QStringLiteral("Let the waiting go on in a continuation, or choose another "
                                    "BlockedWorkerPolicy"));
    } else {
        waitInWorker(future);
    }
}

void Executor::waitInWorker(QFutureInterfaceBase &future)
{
    if (m_options.blockedWorkers == BlockedWorkerPolicy::Help) {
        while (!future.isFinished() && help()) {
        }
    }
    if (!future.isFinished()) {
        const BlockingScope blocking;
        sleepUntilFinished(future);
    }
}

void Executor::sleepUntilFinished(QFutureInterfaceBase &future) const
{
    const trace::Wait wait(m_object, trace::WaitReason::Future);
    try {
        future.waitForFinished();
    } catch (...) {
        // What the task has thrown stays in the future, for whoever takes the result.
    }
}

bool Executor::canHelp() noexcept
{
    return t_helpDepth < MaximumHelpDepth;
}

void Executor::helpBy(Task *task) noexcept
{
    ++t_helpDepth;
    runTask(task);
    --t_helpDepth;
}

bool Executor::help() noexcept
{
    Task *task = canHelp() ? nextTask() : nullptr;
    if (task)
        helpBy(task);
    return task != nullptr;
}

bool Executor::pushOwn(Task *)
{
    return false;
}

bool Executor::wantsTasks() const
{
    return !mayHaveTasks();
}

void Executor::workerBlocks() noexcept {}

void Executor::workerUnblocked() noexcept {}

void Executor::helpUntil(Completion &completion)
{
    // To be woken takes longer than what is most often left to wait.
    for (int spins = 0; spins < 220 && futex::canSpin(); ++spins) {
        if (completion.isComplete())
            return;
        if (spins < 200)
            futex::pause();
        else
            std::this_thread::yield();
    }
    const bool helps = isOwnThread();
    while (!completion.isComplete()) {
        if (!helps || !help())
            sleepUntil(completion, helps && canHelp());
    }
}

void Executor::sleepUntil(Completion &completion, bool orTaskComes)
{
    Parker &parker = Parker::current();
    if (!completion.announceSleep(parker))
        return;
    if (orTaskComes) {
        const std::lock_guard lock(m_mutex);
        m_helpers.push_back(&parker);
        m_helperCount.fetch_add(1);
    }
    // Looks again only now: see TaskQueue::push().
    if (!orTaskComes || !mayHaveTasks()) {
        trace::Wait wait(m_object, trace::WaitReason::Future);
        parker.park();
        wait.finish(trace::WaitOutcome::Woken, parker.waker());
    }
    if (orTaskComes) {
        const std::lock_guard lock(m_mutex);
        m_helpers.erase(std::find(m_helpers.begin(), m_helpers.end(), &parker));
        m_helperCount.fetch_sub(1);
    }
    completion.endSleep();
}

void Executor::wakeHelpers() noexcept
{
    const std::lock_guard lock(m_mutex);
    for (Parker *parker : m_helpers)
        parker->unpark();
}

void Executor::setErrorHandler(ErrorHandler handler)
{
    auto shared = handler ? std::make_shared<const ErrorHandler>(std::move(handler)) : nullptr;
    const std::lock_guard lock(m_mutex);
    m_errorHandler.swap(shared);
}

void Executor::reportFailure(std::exception_ptr failure) noexcept
{
    m_failures.fetch_add(1);
    std::shared_ptr<const ErrorHandler> handler;
    {
        const std::lock_guard lock(m_mutex);
        handler = m_errorHandler;
    }
    try {
        if (handler) {
            (*handler)(*this, std::move(failure));
            return;
        }
    } catch (...) {
        failure = std::current_exception();
    }
    qWarning("heddle::Executor %s: a posted task failed: %s", qPrintable(name()),
             qPrintable(describe(failure)));
}

} // namespace heddle
