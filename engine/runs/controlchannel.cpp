// SPDX-License-Identifier: Apache-2.0
#include "controlchannel_p.h"

#include <QJsonDocument>

namespace heddle {

namespace {
constexpr qsizetype LongestLine = 1 << 20;
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
    // Nobody writes any more, so this is a matter of copying what the kernel holds.
    constexpr int patience = 100;
    while (m_socket->state() == QLocalSocket::ConnectedState
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
    }
    if (m_buffer.size() > LongestLine)
        abandon();
}

void ControlChannel::abandon()
{
    m_buffer.clear();
    m_socket->disconnect(this); // its end must not be read again
    m_socket->abort();
    Q_EMIT closed();
}

} // namespace heddle
