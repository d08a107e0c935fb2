// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <QString>

#include <exception>

namespace heddle {

/// A failure or misuse that the user must know: what happened, where, and what to do. The root of
/// everything that the engine throws; ends that are to be expected are values (Outcome).
///
/// Values, so it can be copied between threads; QFuture hands it to the waiter.
class HEDDLE_ENGINE_EXPORT Error : public std::exception
{
public:
    /// \a what happened, \a where, and what to do about it.
    Error(QString what, QString where, QString remedy = {});
    ~Error() override;

    /// What happened.
    [[nodiscard]] const QString &message() const { return m_message; }
    /// The object and the call.
    [[nodiscard]] const QString &where() const { return m_where; }
    /// What to do; may be empty.
    [[nodiscard]] const QString &remedy() const { return m_remedy; }
    /// "message (where). remedy", UTF-8.
    [[nodiscard]] const char *what() const noexcept override { return m_text.constData(); }

private:
    QString m_message;
    QString m_where;
    QString m_remedy;
    QByteArray m_text;
};

/// The call itself is wrong: a parameter out of its range, an unlock by a thread that holds
/// nothing.
class HEDDLE_ENGINE_EXPORT Misuse : public Error
{
public:
    /// As Error's.
    using Error::Error;
    ~Misuse() override;
};

/// A call ended because its object was shut down.
class HEDDLE_ENGINE_EXPORT ShutDown : public Error
{
public:
    /// As Error's.
    using Error::Error;
    ~ShutDown() override;
};

/// A call ended because its stop token was requested to stop.
class HEDDLE_ENGINE_EXPORT Stopped : public Error
{
public:
    /// As Error's.
    using Error::Error;
    ~Stopped() override;
};

/// A call or a task ended because its time was over.
class HEDDLE_ENGINE_EXPORT TimedOut : public Error
{
public:
    /// As Error's.
    using Error::Error;
    ~TimedOut() override;
};

/// The object cannot do its work any more: a barrier that somebody left, an executor without
/// workers.
class HEDDLE_ENGINE_EXPORT Broken : public Error
{
public:
    /// As Error's.
    using Error::Error;
    ~Broken() override;
};

/// What was waited for was cancelled, or the coroutine that catches this is.
class HEDDLE_ENGINE_EXPORT Cancelled : public Error
{
public:
    /// As Error's.
    using Error::Error;
    ~Cancelled() override;
};

} // namespace heddle
