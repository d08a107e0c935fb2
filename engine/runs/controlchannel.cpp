// SPDX-License-Identifier: Apache-2.0
#include "controlchannel_p.h"

#include <QDeadlineTimer>
#include <QJsonDocument>

namespace heddle {

namespace {
constexpr qsizetype LongestLine = 1 << 20;
// PatternReports says less by orders of magnitude.
constexpr int MostMessagesPerSecond = 20'000;
constexpr qsizetype MostBytesPerSecond = 32 << 20;
} // namespace

ControlChannel::ControlChannel(QLocalSocket *socket, QObject *parent)
    : QObject(parent)
    , m_socket(socket)
{
    m_socket->setParent(this);
    connect(m_socket, &QLocalSocket::readyRead, this, &ControlChannel::readAvailable);
    connect(m_socket, &QLocalSocket::disconnected, this, [this] {
        readAvailable();
        Q_EMIT closed();
    });
}

void ControlChannel::send(const QJsonObject &message)
{
    if (m_socket->state() == QLocalSocket::ConnectedState)
        m_socket->write(QJsonDocument(message).toJson(QJsonDocument::Compact) + '\n');
}

void ControlChannel::flush(int milliseconds)
{
    while (m_socket->bytesToWrite() > 0 && m_socket->waitForBytesWritten(milliseconds)) {
    }
}

void ControlChannel::readToEnd()
{
    // Nobody should write any more, so this is a matter of copying what the kernel holds. But a
    // process that the other side has left behind may have the socket, too.
    constexpr int patience = 100;
    const QDeadlineTimer deadline(500);
    while (m_socket->state() == QLocalSocket::ConnectedState && !deadline.hasExpired()
           && m_socket->waitForReadyRead(patience)) {
    }
    readAvailable();
}

void ControlChannel::readAvailable()
{
    if (m_socket->isOpen())
        m_buffer += m_socket->readAll();
    for (qsizetype end = m_buffer.indexOf('\n'); end >= 0; end = m_buffer.indexOf('\n')) {
        // Taken out before it is announced: the receiver may come back to here.
        const QByteArray line = m_buffer.first(end);
        m_buffer.remove(0, end + 1);
        const QJsonDocument message = line.size() > LongestLine ? QJsonDocument()
                                                                : QJsonDocument::fromJson(line);
        if (!message.isObject()) {
            abandon();
            return;
        }
        Q_EMIT received(message.object());
        if (isFlooded(line.size())) {
            abandon();
            return;
        }
    }
    if (m_buffer.size() > LongestLine)
        abandon();
}

bool ControlChannel::isFlooded(qsizetype bytes)
{
    if (!m_second.isValid() || m_second.hasExpired(1000)) {
        m_second.start();
        m_messages = 0;
        m_bytes = 0;
    }
    ++m_messages;
    m_bytes += bytes;
    return m_messages > MostMessagesPerSecond || m_bytes > MostBytesPerSecond;
}

void ControlChannel::abandon()
{
    m_isBroken = true;
    m_buffer.clear();
    m_socket->disconnect(this); // its end must not be read again
    m_socket->abort();
    Q_EMIT closed();
}

} // namespace heddle
