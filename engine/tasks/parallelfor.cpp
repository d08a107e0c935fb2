// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/parallelfor.h>

namespace heddle {

namespace {

using std::chrono::microseconds;

// Long enough to pay for a look at the clock and for looking whether somebody wants work; short
// enough that who wants it does not notice.
constexpr microseconds ShortChunk{3};
constexpr microseconds LongChunk{12};

} // namespace

ParallelLoop::ParallelLoop(Executor &executor, qint64 itemCount, const LoopOptions &options)
    : m_group(executor)
    , m_executor(executor)
    , m_options(options)
    // A chunk may turn out to take longer than the last: it is never more than a small part.
    , m_largestChunk(std::max<qint64>(1, itemCount / (64 * std::max(executor.concurrency(), 1))))
{}

Outcome ParallelLoop::wait()
{
    const Outcome outcome = m_group.wait();
    return m_options.stop.stop_requested() ? Outcome::Stopped : outcome;
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
