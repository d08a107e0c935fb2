// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/name.h>
#include <heddle/trace/threadwriter.h>

namespace heddle::trace {

/// The life of one task or coroutine: created, ready, running, waiting and ended.
///
/// Keep it with the task; it is as large as a pointer and may be copied. One record tells of each
/// change, and the reader derives the rest: the task's slice on the thread that runs it, the flow
/// from whoever made it ready to its run, the number of tasks that an executor has ready, and a
/// coroutine's own track. So there is nothing else to record of a task: no Flow, no Slice and no
/// count().
///
/// An empty one (recording was off at its creation) does nothing, nor does one from another
/// recording. The calls for one task must be ordered among each other, as the task's own
/// hand-over from thread to thread orders them.
///
/// Cost: one relaxed load at the creation when recording is off, a test of the value afterwards;
/// one record of 16 bytes each when it is on (two units for a creation and for waits()).
/// Threads: any thread. Never blocks; allocates at most a thread's list of nested tasks.
///
/// \code
/// node.life = trace::Task::ready(m_object.id(), name); // in the thread that submits
/// node.life.running();                                 // in the worker
/// node.life.ended(trace::TaskState::Finished);         // in the same thread
/// \endcode
class Task
{
public:
    constexpr Task() = default;

    /// A task that \a executor may run from now on.
    [[nodiscard]] static Task ready(ObjectId executor, Name name) noexcept
    {
        return create(TaskKind::Ready, executor, name);
    }
    /// A task that has to wait for ready(): a node of a graph, a timer's task.
    [[nodiscard]] static Task created(ObjectId executor, Name name) noexcept
    {
        return create(TaskKind::Deferred, executor, name);
    }
    /// A coroutine on \a loop, which has to wait for ready().
    [[nodiscard]] static Task coroutine(ObjectId loop, Name name) noexcept
    {
        return create(TaskKind::Coroutine, loop, name);
    }

    /// It could run from now on. Called by whoever makes it so: the trace shows this thread as
    /// the waker. Called by a coroutine that yields, it ends its stretch on this thread.
    void ready() const noexcept
    {
        if (ThreadWriter *writer = ownWriter())
            writer->changeTask(m_id, TaskState::Ready);
    }
    /// It runs on the calling thread from now on.
    void running() const noexcept
    {
        if (ThreadWriter *writer = ownWriter())
            writer->beginTask(m_id);
    }
    /// It is about to leave the calling thread, on which it ran, until \a object (0: nothing that
    /// is traced) lets it go on. Called before anyone could call ready().
    void waits(ObjectId object, WaitReason reason) const noexcept
    {
        if (ThreadWriter *writer = ownWriter())
            writer->suspendTask(m_id, object, reason);
    }
    /// It has ended as \a state says: Finished, Failed or Cancelled. Called on the thread that it
    /// ran on, or on any if it has not run.
    void ended(TaskState state) const noexcept
    {
        if (ThreadWriter *writer = ownWriter())
            writer->changeTask(m_id, state);
    }

    /// The number under which the recording knows it; 0 when nothing is recorded of it.
    [[nodiscard]] constexpr FlowId id() const noexcept { return m_id; }
    /// Whether anything is recorded of it.
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return m_id != 0; }

private:
    constexpr explicit Task(FlowId id)
        : m_id(id)
    {}

    static Task create(TaskKind kind, ObjectId object, Name name) noexcept
    {
        ThreadWriter *writer = ThreadWriter::current();
        if (!writer) [[likely]]
            return {};
        const Task task(writer->nextFlow());
        if (writer->writeLong(RecordType::TaskCreated,
                              Record::tagged(task.m_id, static_cast<std::uint8_t>(kind)), 1)) {
            writer->append(RecordType::Value, 0, Record::pair(name.id(), object));
            writer->publishUnits();
        }
        return task;
    }
    [[nodiscard]] ThreadWriter *ownWriter() const noexcept
    {
        if (!m_id) [[likely]]
            return nullptr;
        ThreadWriter *writer = ThreadWriter::current();
        return writer && writer->owns(m_id) ? writer : nullptr;
    }

    FlowId m_id = 0;
};

} // namespace heddle::trace
