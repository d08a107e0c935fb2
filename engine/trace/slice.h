// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/name.h>
#include <heddle/trace/threadwriter.h>

#include <bit>
#include <concepts>
#include <initializer_list>

namespace heddle::trace {

/// A named value that explains a slice or an instant: {"frame", n}.
struct Argument
{
    Name key;
    ArgumentType type = ArgumentType::Int;
    std::uint64_t bits = 0;

    template <std::signed_integral T>
    Argument(Name name, T value)
        : key(name)
        , type(ArgumentType::Int)
        , bits(static_cast<std::uint64_t>(std::int64_t{value}))
    {}
    template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>) Argument(Name name, T value)
        : key(name)
        , type(ArgumentType::UInt)
        , bits(value)
    {}
    Argument(Name name, bool value)
        : key(name)
        , type(ArgumentType::Bool)
        , bits(value)
    {}
    Argument(Name name, double value)
        : key(name)
        , type(ArgumentType::Double)
        , bits(std::bit_cast<std::uint64_t>(value))
    {}
    Argument(Name name, Name value)
        : key(name)
        , type(ArgumentType::Name)
        , bits(value.id())
    {}
};

/// A stretch of work on the calling thread, from construction to destruction; slices nest.
///
/// Costs one load and a branch when nothing is recorded. Create it and destroy it in the same
/// thread. Any thread; never blocks.
///
/// \code
/// HEDDLE_SLICE("decode");                                  // the rest of the scope
/// static const trace::Name name("decode"), frame("frame");
/// trace::Slice slice(name, {{frame, number}});             // the same with an argument
/// \endcode
class Slice
{
public:
    explicit Slice(Name name) noexcept
        : m_writer(ThreadWriter::current())
    {
        if (m_writer) [[unlikely]] {
            m_generation = m_writer->generation();
            m_writer->beginSlice(name.id());
        }
    }
    Slice(Name name, std::initializer_list<Argument> arguments) noexcept
        : m_writer(ThreadWriter::current())
    {
        if (m_writer) [[unlikely]] {
            m_generation = m_writer->generation();
            beginWithArguments(m_writer, name, arguments);
        }
    }
    ~Slice()
    {
        // The recording may have ended, or another begun, since the constructor.
        if (m_writer && ThreadWriter::isCurrent(m_writer, m_generation)) [[unlikely]]
            m_writer->endSlice();
    }
    Slice(const Slice &) = delete;
    Slice &operator=(const Slice &) = delete;

private:
    HEDDLE_ENGINE_EXPORT static void
    beginWithArguments(ThreadWriter *writer, Name name,
                       std::initializer_list<Argument> arguments) noexcept;
    ThreadWriter *m_writer;
    std::uint32_t m_generation = 0;
};

/// Stretches of one work on the calling thread that follow each other without a gap, such as the
/// handlers that a message goes to: n of them take n + 1 records and not 2 n.
///
/// Threads, blocking and cost as Slice.
class SliceSequence
{
public:
    explicit SliceSequence(Name name) noexcept
        : m_name(name)
    {}
    ~SliceSequence() { end(); }
    SliceSequence(const SliceSequence &) = delete;
    SliceSequence &operator=(const SliceSequence &) = delete;

    /// Ends a stretch that has begun, and begins one.
    void next() noexcept
    {
        ThreadWriter *writer = ThreadWriter::current();
        if (!writer) [[likely]]
            return;
        if (m_writer && ThreadWriter::isCurrent(m_writer, m_generation)) {
            writer->nextSlice(m_name.id());
            return;
        }
        m_writer = writer;
        m_generation = writer->generation();
        writer->beginSlice(m_name.id());
    }
    /// Ends a stretch that has begun; next() may begin another one.
    void end() noexcept
    {
        if (m_writer && ThreadWriter::isCurrent(m_writer, m_generation)) [[unlikely]]
            m_writer->endSlice();
        m_writer = nullptr;
    }

private:
    Name m_name;
    ThreadWriter *m_writer = nullptr;
    std::uint32_t m_generation = 0;
};

/// A point in time on the calling thread. Any thread; never blocks.
HEDDLE_ENGINE_EXPORT void instant(Name name,
                                  std::initializer_list<Argument> arguments = {}) noexcept;

/// Names the calling thread in the trace (and, if it records later, from then on). Any thread.
HEDDLE_ENGINE_EXPORT void setThreadName(std::string_view name);

} // namespace heddle::trace

#define HEDDLE_CONCATENATE_(a, b) a##b
#define HEDDLE_CONCATENATE(a, b) HEDDLE_CONCATENATE_(a, b)

#if defined(HEDDLE_NO_TRACE)
#    define HEDDLE_SLICE(name) static_cast<void>(0)
#    define HEDDLE_INSTANT(name) static_cast<void>(0)
#else
/// A slice that lasts until the end of the enclosing scope. \a name is a string literal.
#    define HEDDLE_SLICE(name)                                                                     \
        static const ::heddle::trace::Name HEDDLE_CONCATENATE(heddleName, __LINE__)(name);         \
        const ::heddle::trace::Slice HEDDLE_CONCATENATE(heddleSlice, __LINE__)(                    \
                HEDDLE_CONCATENATE(heddleName, __LINE__))
/// A point in time. \a name is a string literal.
#    define HEDDLE_INSTANT(name)                                                                   \
        do {                                                                                       \
            static const ::heddle::trace::Name heddleName(name);                                   \
            ::heddle::trace::instant(heddleName);                                                  \
        } while (false)
#endif
