// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtGlobal>

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace heddle {

/// How far a coroutine is, and what it ended with: a value or an exception.
///
/// As std::variant, but with a state for not having been started, in one byte. One thread.
template <typename T>
class CoroutineResult
{
    static_assert(!std::is_rvalue_reference_v<T>, "return the object itself");
    static constexpr bool IsReference = std::is_lvalue_reference_v<T>;
    using Stored = std::conditional_t<
            std::is_void_v<T>, char,
            std::conditional_t<IsReference, std::remove_reference_t<T> *, std::remove_const_t<T>>>;

public:
    enum class State : quint8 { NotStarted, Started, Value, Exception };
    /// What many may look at: T const &, or T itself for references and void.
    using View = std::conditional_t<std::is_void_v<T> || IsReference, T,
                                    std::add_lvalue_reference_t<std::add_const_t<T>>>;

    CoroutineResult() noexcept {} // NOLINT: the union begins empty
    ~CoroutineResult() { clear(); }
    CoroutineResult(const CoroutineResult &) = delete;
    CoroutineResult &operator=(const CoroutineResult &) = delete;

    [[nodiscard]] bool isStarted() const { return m_state != State::NotStarted; }
    [[nodiscard]] bool isThere() const { return m_state >= State::Value; }
    [[nodiscard]] bool isException() const { return m_state == State::Exception; }
    void setStarted() { m_state = State::Started; }

    template <typename... Arguments>
    void setValue(Arguments &&...arguments)
    {
        if constexpr (IsReference)
            std::construct_at(&m_value, std::addressof(arguments)...);
        else
            std::construct_at(&m_value, std::forward<Arguments>(arguments)...);
        m_state = State::Value;
    }
    void setException(std::exception_ptr exception) noexcept
    {
        clear(); // a local variable's destructor may throw after the value was returned
        std::construct_at(&m_exception, std::move(exception));
        m_state = State::Exception;
    }
    /// Takes over what \a other ended with; if the move of the value throws, that is the end.
    void takeFrom(CoroutineResult &other) noexcept
    {
        if (other.m_state == State::Exception) {
            setException(std::move(other.m_exception));
            return;
        }
        try {
            if constexpr (IsReference)
                setValue(*other.m_value);
            else if constexpr (std::is_void_v<T>)
                setValue();
            else
                setValue(std::move(other.m_value));
        } catch (...) {
            setException(std::current_exception());
        }
    }

    [[nodiscard]] std::exception_ptr exception() const
    {
        return m_state == State::Exception ? m_exception : nullptr;
    }
    /// The value, moved out. \throws the exception.
    T take()
    {
        if (m_state == State::Exception) [[unlikely]]
            std::rethrow_exception(m_exception);
        if constexpr (IsReference)
            return *m_value;
        else if constexpr (!std::is_void_v<T>)
            return std::move(m_value);
    }
    /// The value, which stays. \throws the exception.
    View view() const
    {
        if (m_state == State::Exception) [[unlikely]]
            std::rethrow_exception(m_exception);
        if constexpr (IsReference)
            return *m_value;
        else if constexpr (!std::is_void_v<T>)
            return m_value;
    }

private:
    void clear() noexcept
    {
        if (m_state == State::Exception)
            std::destroy_at(&m_exception);
        else if (m_state == State::Value)
            std::destroy_at(&m_value);
        m_state = State::NotStarted;
    }

    union
    {
        Stored m_value;
        std::exception_ptr m_exception;
    };
    State m_state = State::NotStarted;
};

} // namespace heddle
