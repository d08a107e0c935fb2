// SPDX-License-Identifier: Apache-2.0
#include <heddle/trace/threadwriter.h>

#include "process_p.h"

#include <heddle/trace/slice.h>

#include <algorithm>
#include <new>

#if defined(__linux__)
#    include <pthread.h>
#    include <sys/syscall.h>
#    include <unistd.h>

extern "C" char *program_invocation_short_name;
#endif

namespace heddle::trace {

std::atomic<bool> ThreadWriter::s_recording{false};
std::atomic<std::uint32_t> ThreadWriter::s_generation{0};
std::atomic<FlowId> ThreadWriter::s_flows{1};
thread_local constinit ThreadWriter *ThreadWriter::t_current = nullptr;

namespace {
// How many records go by before a thread that found no free chunk looks again.
constexpr std::uint64_t RetryMask = 0xff;
// How many flow numbers a thread takes at a time.
constexpr FlowId FlowBlock = 4096;

thread_local constinit NameId t_name = 0;
thread_local constinit bool t_ended = false;

std::uint64_t osThreadId()
{
#if defined(__linux__)
    return static_cast<std::uint64_t>(::syscall(SYS_gettid));
#else
    return reinterpret_cast<std::uint64_t>(&t_ended);
#endif
}

// The name that the operating system knows, unless it is just the program's.
NameId osThreadName()
{
#if defined(__linux__)
    char name[16] = {};
    if (static_cast<long>(osThreadId()) == ::getpid())
        return Name("main").id();
    if (::pthread_getname_np(::pthread_self(), name, sizeof(name)) == 0
        && std::string_view(name)
                   != std::string_view(program_invocation_short_name).substr(0, 15)) {
        return Name(name).id();
    }
#endif
    return 0;
}
} // namespace

// Ends a thread's part of the recording when the thread ends.
struct ThreadExit
{
    ThreadWriter *writer = nullptr;
    ~ThreadExit()
    {
        t_ended = true;
        ThreadWriter::t_current = nullptr;
        delete writer;
    }
};

namespace {
thread_local ThreadExit t_exit;
} // namespace

void ThreadWriter::beginGeneration() noexcept
{
    // Pairs with the loads in attach(): who sees the new number sees that the old recording is
    // gone.
    s_generation.fetch_add(1, std::memory_order_release);
}

void ThreadWriter::setRecording(bool on) noexcept
{
    s_recording.store(on, std::memory_order_relaxed);
}

ThreadWriter *ThreadWriter::attach() noexcept
{
    if (t_ended)
        return nullptr;
    // Another recording may begin between the two loads. Its number comes before its header, so the
    // pair belongs together when the number is the same before and after.
    FileHeader *file = nullptr;
    std::uint32_t generation = 0;
    do {
        generation = s_generation.load(std::memory_order_acquire);
        file = ProcessState::instance().header();
    } while (generation != s_generation.load(std::memory_order_relaxed));
    if (!file)
        return nullptr;
    if (!t_exit.writer)
        t_exit.writer = new (std::nothrow) ThreadWriter;
    ThreadWriter *writer = t_exit.writer;
    if (!writer)
        return nullptr;
    writer->m_file = file;
    writer->m_generation = generation;
    writer->m_firstTick = file->firstTick;
    writer->m_index = file->nextThread.fetch_add(1, std::memory_order_relaxed) + 1;
    writer->m_sequence = 0;
    writer->m_depth = 0;
    writer->m_tasks.clear();
    writer->m_lost = 0;
    writer->m_lostTotal = 0;
    writer->m_chunk = nullptr;
    writer->m_cursor = writer->m_end = writer->m_begin = nullptr;
    t_current = writer;
    writer->introduce();
    return writer;
}

bool ThreadWriter::isOuterTask(FlowId task) const noexcept
{
    return std::find(m_tasks.begin(), m_tasks.end(), task) != m_tasks.end();
}

// One that ends before those that began inside it.
void ThreadWriter::forgetOuterTask(FlowId task) noexcept
{
    m_tasks.erase(std::find(m_tasks.begin(), m_tasks.end(), task));
}

// False when there is no memory; then its slice stays open.
bool ThreadWriter::makeRoomForTask() noexcept
{
    try {
        m_tasks.reserve(std::max<std::size_t>(2 * m_tasks.capacity(), 32));
        return true;
    } catch (const std::bad_alloc &) {
        return false;
    }
}

void ThreadWriter::takeFlowNumbers() noexcept
{
    m_nextFlow = s_flows.fetch_add(FlowBlock, std::memory_order_relaxed) & ~FlowTagMask;
    m_flowsEnd = m_nextFlow + FlowBlock;
}

void ThreadWriter::introduce() noexcept
{
    write(RecordType::ThreadStarted, osThreadId());
    if (t_name == 0)
        t_name = osThreadName();
    if (t_name != 0)
        write(RecordType::ThreadNamed, t_name);
}

ThreadWriter::~ThreadWriter()
{
    if (m_file && m_generation == s_generation.load(std::memory_order_relaxed) && isRecording()) {
        write(RecordType::ThreadEnded, 0);
        closeChunk();
    }
}

void ThreadWriter::closeChunk() noexcept
{
    if (m_chunk) {
        // Pairs with the acquire load in RecordingReader: nothing will be added.
        m_chunk->state.store(ChunkState::Full, std::memory_order_release);
        m_chunk = nullptr;
    }
    m_cursor = m_end = m_begin = nullptr;
}

bool ThreadWriter::claimChunk() noexcept
{
    if (m_file->freeChunks.fetch_sub(1, std::memory_order_relaxed) <= 0) {
        m_file->freeChunks.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    // The count above guarantees a free one, but others may take the one that we look at.
    const std::uint32_t count = m_file->chunkCount;
    std::uint32_t index = m_file->chunkHint.load(std::memory_order_relaxed) % count;
    for (std::uint32_t tries = 0; tries < 4 * count; ++tries, index = (index + 1) % count) {
        auto *chunk = reinterpret_cast<ChunkHeader *>(reinterpret_cast<std::byte *>(m_file)
                                                      + chunkOffset(*m_file, index));
        ChunkState expected = ChunkState::Free;
        if (chunk->state.load(std::memory_order_relaxed) != expected
            || !chunk->state.compare_exchange_strong(
                    expected, ChunkState::Claiming,
                    // Pairs with the reader's release of the chunk.
                    std::memory_order_acquire, std::memory_order_relaxed)) {
            continue;
        }
        m_file->chunkHint.store(index + 1, std::memory_order_relaxed);
        chunk->thread = m_index;
        chunk->sequence = m_sequence++;
        chunk->committed.store(0, std::memory_order_relaxed);
        // Pairs with the acquire load in RecordingReader: thread and sequence are valid.
        chunk->state.store(ChunkState::Writing, std::memory_order_release);
        m_chunk = chunk;
        m_committed = &chunk->committed;
        m_begin = m_cursor = reinterpret_cast<Record *>(chunk + 1);
        m_end = m_begin + unitsPerChunk(*m_file);
        return true;
    }
    m_file->freeChunks.fetch_add(1, std::memory_order_relaxed);
    return false;
}

bool ThreadWriter::nextChunk() noexcept
{
    closeChunk();
    const bool mayTry = (m_lost & RetryMask) == 0;
    if (!mayTry || !claimChunk()) {
        ++m_lost;
        ++m_lostTotal;
        m_file->lost.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    ProcessState::instance().calibrate();
    if (m_lost > 0) {
        const std::uint64_t lost = m_lost;
        m_lost = 0;
        constexpr std::uint64_t most = (std::uint64_t{1} << 40) - 1;
        write(RecordType::Lost, (lost < most ? lost : most) | (std::uint64_t{m_depth} << 40));
    }
    return true;
}

bool ThreadWriter::writeLong(RecordType type, std::uint64_t payload,
                             std::uint32_t continuations) noexcept
{
    if (m_end - m_cursor < static_cast<std::ptrdiff_t>(continuations) + 1) {
        if (!nextChunk())
            return false;
    }
    const std::uint64_t ticks = type == RecordType::CounterWide ? Clock::orderedTicks()
                                                                : Clock::ticks();
    *m_cursor = {Record::makeHead(type, ticks - m_firstTick), payload};
    m_pending = m_cursor + 1;
    return true;
}

void setThreadName(std::string_view name)
{
    t_name = Name(name).id();
    if (ThreadWriter *writer = ThreadWriter::current())
        writer->write(RecordType::ThreadNamed, t_name);
}

} // namespace heddle::trace
