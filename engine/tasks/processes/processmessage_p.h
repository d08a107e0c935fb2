// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QIODevice>
#include <QStringList>

#include <optional>

namespace heddle {

/// What a process executor and its workers say to each other.
struct ProcessMessage
{
    enum Type : quint8 {
        Hello = 1,  ///< worker: texts: the token that it was started with
        Call = 2,   ///< executor: texts: the job; bytes: its argument
        Result = 3, ///< worker: bytes
        Failure = 4 ///< worker: texts: kind (FailureKind), what, where, remedy
    };
    Type type = Hello;
    quint64 job = 0; ///< number of the call
    QStringList texts;
    QByteArray bytes;
};

/// Writes \a message into \a device: its length, then itself, all in network byte order.
void writeMessage(QIODevice &device, const ProcessMessage &message);

/// Puts messages together from what comes in, in pieces of any size.
class ProcessMessageReader
{
public:
    /// Longer messages than \a longest bytes are taken for malformed.
    explicit ProcessMessageReader(qint64 longest)
        : m_longest(longest)
    {}

    /// Reads what \a device has; false when that is no message, and then for ever.
    [[nodiscard]] bool read(QIODevice &device);
    /// What is wrong with what came in.
    [[nodiscard]] const QString &problem() const { return m_problem; }
    /// The next whole message, if there is one.
    [[nodiscard]] std::optional<ProcessMessage> take();

private:
    void startMessage();

    const qint64 m_longest;
    QByteArray m_head;    ///< as much as has come of the length
    QByteArray m_body;    ///< as much as has come of the message
    qint64 m_length = -1; ///< of the message that is coming; -1: not known yet
    QList<ProcessMessage> m_messages;
    QString m_problem;
};

} // namespace heddle
