// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/parallelfor.h>

#include <heddle/core/futex.h>
#include <heddle/tasks/blockingscope.h>
#include <heddle/trace/object.h>

namespace heddle {

namespace {

using std::chrono::microseconds;

// Long enough to pay for a look at the clock and for looking whether somebody wants work; short
// enough that who wants it does not notice.
constexpr microseconds ShortChunk{2};
constexpr microseconds LongChunk{6};
// How long a caller that has nothing to do looks for something before it sleeps, in pauses of 20 to
// 70 ns: longer than a chunk, at whose end the workers look for it.
constexpr int CallerSpins = 1000;

} // namespace

ParallelLoop::ParallelLoop(Executor &executor, qint64 itemCount, const LoopOptions &options)
    : m_group(executor)
    , m_executor(executor)
    , m_options(options)
    , m_isCallerOutside(!executor.isOwnThread())
    // A chunk may turn out to take longer than the last: it is never more than a small part.
    , m_largestChunk(std::max<qint64>(1, itemCount / (64 * std::max(executor.concurrency(), 1))))
{}

ParallelLoop::Share::Share(ParallelLoop &loop)
    : m_loop(&loop)
{
    loop.m_shares.fetch_add(1);
}

ParallelLoop::Share::~Share()
{
    // Under the mutex, as the loop may end as soon as the caller sees that it was the last. The
    // caller's sleep is seen there too.
    if (!m_loop)
        return;
    const std::lock_guard lock(m_loop->m_mutex);
    m_loop->m_isIncomplete |= !m_hasBegun;
    if (m_loop->m_shares.fetch_sub(1) == 1)
        m_loop->m_callerWanted.notify_one();
}

bool ParallelLoop::giveToCaller(Range range)
{
    if (!m_isCallerIdle.load(std::memory_order_relaxed)) // a hint; asked again below
        return false;
    const std::lock_guard lock(m_mutex);
    if (!m_isCallerIdle.load(std::memory_order_relaxed)) // under the mutex
        return false;
    m_forCaller = range;
    // Release: pairs with the spinning of takeAsCaller().
    m_isCallerIdle.store(false, std::memory_order_release);
    m_callerWanted.notify_one();
    return true;
}

bool ParallelLoop::takeAsCaller(Range &range)
{
    if (!m_isCallerOutside)
        return false; // it helps with whatever there is: Group::wait()
    m_isCallerIdle.store(true, std::memory_order_relaxed); // told of by nothing: a hint
    const auto mayGoOn = [this] { return !m_isCallerIdle.load() || m_shares.load() == 0; };
    for (int spins = 0; spins < CallerSpins && futex::canSpin() && !mayGoOn(); ++spins)
        futex::pause();
    std::unique_lock lock(m_mutex);
    if (!mayGoOn()) {
        const trace::Wait wait(m_executor.object(), trace::WaitReason::Future);
        const BlockingScope blocking;
        m_callerWanted.wait(lock, mayGoOn);
    }
    m_isCallerIdle.store(false, std::memory_order_relaxed); // under the mutex
    range = std::exchange(m_forCaller, {});
    return range.begin < range.end;
}

Outcome ParallelLoop::wait()
{
    const Outcome outcome = m_group.wait();
    if (m_options.stop.stop_requested())
        return Outcome::Stopped;
    const std::lock_guard lock(m_mutex);
    return outcome && m_isIncomplete ? Outcome(Outcome::Cancelled) : outcome;
}

void ParallelLoop::giveUp() noexcept
{
    m_group.cancel();
    try {
        m_group.wait();
    } catch (...) {
        // The first one is on its way already.
    }
}

ParallelLoop::Chunk::Chunk(const ParallelLoop &loop)
    : m_fixed(loop.m_options.grain)
    , m_largest(loop.m_largestChunk)
    , m_size(m_fixed > 0 ? m_fixed : 1)
    , m_start(m_fixed > 0 ? Clock::time_point() : Clock::now())
{}

void ParallelLoop::Chunk::next()
{
    if (m_fixed > 0)
        return;
    const Clock::time_point now = Clock::now();
    const Clock::duration took = now - m_start;
    m_start = now;
    if (took < ShortChunk)
        m_size = std::min(m_size * 2, m_largest);
    else if (took > LongChunk)
        m_size = std::max<qint64>(1, m_size / (took / ShortChunk));
}

} // namespace heddle
