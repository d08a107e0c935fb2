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
    m_buffer += m_socket->readAll();
    qsizetype start = 0;
    for (qsizetype end = m_buffer.indexOf('\n'); end >= 0; end = m_buffer.indexOf('\n', start)) {
        const QJsonDocument line = QJsonDocument::fromJson(m_buffer.sliced(start, end - start));
        start = end + 1;
        if (!line.isObject()) {
            m_socket->abort();
            return;
        }
        Q_EMIT received(line.object());
    }
    m_buffer.remove(0, start);
    if (m_buffer.size() > LongestLine)
        m_socket->abort();
}

} // namespace heddle
