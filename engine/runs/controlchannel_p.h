// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QJsonObject>
#include <QLocalSocket>
#include <QObject>

namespace heddle {

/// One end of the control channel: JSON objects, one a line, over a local socket.
///
/// A line that is too long or no JSON object, and more in a second than any honest side has to
/// say, end the channel: the other side is broken.
/// Threads: the owner's; never blocks but in flush().
class ControlChannel : public QObject
{
    Q_OBJECT
public:
    /// How a child ends that has lost its channel.
    static constexpr int LostExitCode = 70;

    explicit ControlChannel(QLocalSocket *socket, QObject *parent = nullptr);

    void send(const QJsonObject &message);
    /// Blocks until everything is written, at most \a milliseconds.
    void flush(int milliseconds);
    /// Reads what the other side wrote before it ended. Blocks for the copying only, and not for
    /// long if somebody else goes on writing.
    void readToEnd();
    /// Reads what has arrived and was not yet announced.
    void readAvailable();

    /// True once this side has ended the channel, because of what the other one sent.
    [[nodiscard]] bool isBroken() const { return m_isBroken; }

Q_SIGNALS:
    void received(const QJsonObject &message);
    void closed();

private:
    [[nodiscard]] bool isFlooded(qsizetype bytes);
    void abandon();

    QLocalSocket *m_socket;
    QByteArray m_buffer;
    QElapsedTimer m_second;
    int m_messages = 0;    // in this second
    qsizetype m_bytes = 0; // in this second
    bool m_isBroken = false;
};

} // namespace heddle
