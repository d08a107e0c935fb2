// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/outcome.h>
#include <heddle/tasks/group.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <stop_token>
#include <utility>

namespace heddle {

/// How a parallel loop is run. All of it is optional.
struct LoopOptions
{
    /// The least number of items that are worth a task of their own; 0: found out by measuring.
    qint64 grain = 0;
    /// Ends the loop early: items that have not begun are left out.
    std::stop_token stop = {};
};

/// What parallelFor() consists of, apart from the loop's body.
///
/// Lazy binary splitting (Tzannes, Caragea, Barua and Vishkin, "Lazy Binary-Splitting", 2010):
/// whoever works on a range gives away its upper half only when somebody has nothing to do, but for
/// the first half, which is always given away; so a
/// loop makes no more tasks than it needs, however uneven its items are. In between it does a chunk
/// of items, as many as take some microseconds.
class HEDDLE_ENGINE_EXPORT ParallelLoop
{
protected:
    /// What chunks are measured by.
    using Clock = std::chrono::steady_clock;

    /// Over so many items.
    ParallelLoop(Executor &executor, qint64 itemCount, const LoopOptions &options);

    /// The size of the chunks of one range, which follows from how long the last took.
    class HEDDLE_ENGINE_EXPORT Chunk
    {
    public:
        /// The first of a range.
        explicit Chunk(const ParallelLoop &loop);
        /// In items.
        [[nodiscard]] qint64 size() const { return m_size; }
        /// The last one is done.
        void next();

    private:
        const qint64 m_fixed;
        const qint64 m_largest;
        qint64 m_size;
        Clock::time_point m_start;
    };

    /// Whether what has not begun is left out.
    [[nodiscard]] bool shallEnd() const
    {
        return m_group.isCancelled() || m_options.stop.stop_requested();
    }
    /// Items counted from the first of the loop, without the end.
    struct Range
    {
        qint64 begin = 0; ///< the first of them
        qint64 end = 0;   ///< the one after the last
    };
    /// Part of what is given to the executor: when the last of them has ended, whatever became of
    /// it, the caller waits for no more.
    class HEDDLE_ENGINE_EXPORT Share
    {
    public:
        /// Of what \a loop gives away.
        explicit Share(ParallelLoop &loop);
        /// \a other is none any more.
        Share(Share &&other) noexcept
            : m_loop(std::exchange(other.m_loop, nullptr))
        {}
        Share &operator=(Share &&) = delete;
        ~Share();
        /// It is being worked on, and was not dropped.
        void begin() { m_hasBegun = true; }

    private:
        ParallelLoop *m_loop;
        bool m_hasBegun = false;
    };

    /// Whether \a count items, and there are no others, are worth two threads.
    [[nodiscard]] bool mayShare(qint64 count) const
    {
        // One thread that is busy, perhaps with what waits for the caller, is given nothing.
        return count > std::max<qint64>(1, m_options.grain) && !shallEnd()
               && (m_executor.concurrency() > 1 || (m_isCallerOutside && m_executor.wantsTasks()));
    }
    /// Whether the upper half of \a left items should be given away.
    [[nodiscard]] bool shallSplit(qint64 left, const Chunk &chunk) const
    {
        // Relaxed: hints.
        return left > chunk.size() && left > 1
               && (m_isCallerIdle.load(std::memory_order_relaxed) || m_executor.wantsTasks());
    }
    /// Gives \a range to the caller, if that has nothing to do.
    bool giveToCaller(Range range);
    /// Waits until there is something to do for the caller, which is no worker, and takes it; false
    /// when nothing will come any more.
    bool takeAsCaller(Range &range);
    /// Done, or how the loop ended early. \throws what an item has thrown
    Outcome wait();
    /// Waits for what has begun, after an item has thrown in the thread that waits.
    void giveUp() noexcept;

    Group m_group; ///< those who work on parts of the range

private:
    Executor &m_executor;
    const LoopOptions m_options;
    const bool m_isCallerOutside; ///< no worker, so it does nothing else while it waits
    const qint64 m_largestChunk;
    std::atomic<bool> m_isCallerIdle{false}; ///< cleared by who gives it something
    std::atomic<int> m_shares{0};
    std::mutex m_mutex;          ///< for what follows
    bool m_isIncomplete = false; ///< the executor has dropped a share
    std::condition_variable m_callerWanted;
    Range m_forCaller; ///< empty: nothing
};

/// The loop over the indices of a type, with its body.
template <std::integral Index, typename Body>
class ParallelLoopOver : private ParallelLoop
{
public:
    /// \a body must outlive it.
    ParallelLoopOver(Executor &executor, Index begin, Index end, Body &body,
                     const LoopOptions &options)
        : ParallelLoop(executor, count(begin, end), options)
        , m_begin(begin)
        , m_count(count(begin, end))
        , m_body(body)
    {}
    /// See parallelFor().
    Outcome run()
    {
        try {
            Range range{0, m_count};
            // The first item may be a long one: others need not wait until it is through to be
            // given something, though they may not have said yet that they want it.
            if (mayShare(m_count))
                giveAwayHalf(range);
            do
                runRange(range);
            while (takeAsCaller(range));
        } catch (...) {
            giveUp();
            throw;
        }
        return wait();
    }

private:
    // The whole width of a type does not fit into the type.
    static qint64 count(Index begin, Index end)
    {
        return begin < end ? static_cast<qint64>(static_cast<quint64>(end)
                                                 - static_cast<quint64>(begin))
                           : 0;
    }
    [[nodiscard]] Index index(qint64 number) const
    {
        return static_cast<Index>(static_cast<quint64>(m_begin) + static_cast<quint64>(number));
    }
    /// The upper one.
    void giveAwayHalf(Range &range)
    {
        const qint64 middle = range.begin + (range.end - range.begin + 1) / 2;
        const Range upper{middle, range.end};
        if (!giveToCaller(upper))
            m_group.run([this, upper, share = Share(*this)]() mutable {
                share.begin();
                runRange(upper);
            });
        range.end = middle;
    }
    void runRange(Range range)
    {
        Chunk chunk(*this);
        while (range.begin < range.end && !shallEnd()) {
            const qint64 left = range.end - range.begin;
            if (shallSplit(left, chunk)) {
                giveAwayHalf(range);
                continue;
            }
            const Index begin = index(range.begin);
            range.begin += std::min(left, chunk.size());
            const Index end = index(range.begin);
            for (Index index = begin; index != end; ++index)
                m_body(index);
            chunk.next();
        }
    }

    const Index m_begin;
    const qint64 m_count;
    Body &m_body;
};

/// Calls \a body with each index from \a begin to \a end (exclusive) on \a executor and in the
/// calling thread, which takes part, in no particular order; returns when all calls have. Items
/// must not wait for each other: they may run one after the other. Blocks.
///
/// The first exception ends the loop: items that have not begun are left out, and it is thrown when
/// those that have are through. Stopped if the stop token of \a options ended it early, Cancelled
/// if the group did within which it is called, or a shut-down of the executor.
///
/// Trace: a task for each part of the range that is given to another thread; none per item. Cost:
/// one reading of the clock per chunk of some microseconds.
///
/// \code
/// parallelFor(*pool, 0, image.height(), [&](int y) { filterLine(image, y); });
/// \endcode
template <std::integral Index, typename Body>
Outcome parallelFor(Executor &executor, Index begin, std::type_identity_t<Index> end, Body &&body,
                    const LoopOptions &options = {})
{
    return ParallelLoopOver<Index, std::remove_reference_t<Body>>(executor, begin, end, body,
                                                                  options)
            .run();
}

/// The same with each element of \a range, by reference.
template <typename Range, typename Body>
requires std::random_access_iterator<decltype(std::begin(std::declval<Range &>()))> Outcome
parallelFor(Executor &executor, Range &&range, Body &&body, const LoopOptions &options = {})
{
    const auto first = std::begin(range);
    const auto count = static_cast<qint64>(std::end(range) - first);
    return parallelFor(
            executor, qint64{0}, count, [&](qint64 index) { body(first[index]); }, options);
}

} // namespace heddle
