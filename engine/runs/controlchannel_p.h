// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QLocalSocket>
#include <QObject>

namespace heddle {

/// One end of the control channel: JSON objects, one a line, over a local socket.
///
/// A line that is too long or no JSON object ends the channel: the other side is broken.
/// Threads: the owner's; never blocks but in flush().
class ControlChannel : public QObject
{
    Q_OBJECT
public:
    explicit ControlChannel(QLocalSocket *socket, QObject *parent = nullptr);

    void send(const QJsonObject &message);
    /// Blocks until everything is written, at most \a milliseconds.
    void flush(int milliseconds);
    /// Reads all that the other side wrote before it ended. Blocks for the copying only.
    void readToEnd();
    /// Reads what has arrived and was not yet announced.
    void readAvailable();

Q_SIGNALS:
    void received(const QJsonObject &message);
    void closed();

private:
    void abandon();

    QLocalSocket *m_socket;
    QByteArray m_buffer;
};

} // namespace heddle
