// SPDX-License-Identifier: Apache-2.0
#include "processmessage_p.h"

#include <QtEndian>

#include <algorithm>

namespace heddle {

namespace {

// "HJ" and the version of the protocol tell a message from what a job writes where it should not.
constexpr quint32 Magic = 0x484a0001;
constexpr qsizetype HeadBytes = sizeof(quint32) + sizeof(quint64);
// Type, number of the call, number of texts.
constexpr qsizetype FixedBytes = sizeof(quint8) + sizeof(quint64) + sizeof(quint8);
constexpr qsizetype PieceBytes = 1 << 20;

template <typename Number>
void append(QByteArray &bytes, Number number)
{
    const Number swapped = qToBigEndian(number);
    bytes.append(reinterpret_cast<const char *>(&swapped), sizeof(swapped));
}

// The next number or text of a message; false at its end.
class Parser
{
public:
    explicit Parser(const QByteArray &bytes)
        : m_bytes(bytes)
    {}
    template <typename Number>
    bool take(Number &number)
    {
        if (left() < qsizetype(sizeof(Number)))
            return false;
        number = qFromBigEndian<Number>(m_bytes.constData() + m_at);
        m_at += sizeof(Number);
        return true;
    }
    bool take(QString &text)
    {
        quint32 length = 0;
        if (!take(length) || left() < qsizetype(length))
            return false;
        text = QString::fromUtf8(m_bytes.constData() + m_at, qsizetype(length));
        m_at += length;
        return true;
    }
    [[nodiscard]] QByteArray rest() const { return m_bytes.sliced(m_at); }

private:
    [[nodiscard]] qsizetype left() const { return m_bytes.size() - m_at; }

    const QByteArray &m_bytes;
    qsizetype m_at = 0;
};

std::optional<ProcessMessage> parse(const QByteArray &body)
{
    Parser parser(body);
    ProcessMessage message;
    quint8 type = 0;
    quint8 texts = 0;
    if (!parser.take(type) || type < ProcessMessage::Hello || type > ProcessMessage::Failure
        || !parser.take(message.job) || !parser.take(texts))
        return std::nullopt;
    message.type = static_cast<ProcessMessage::Type>(type);
    for (int k = 0; k < texts; ++k) {
        QString text;
        if (!parser.take(text))
            return std::nullopt;
        message.texts << text;
    }
    message.bytes = parser.rest();
    return message;
}

} // namespace

void writeMessage(QIODevice &device, const ProcessMessage &message)
{
    QByteArray fixed;
    append(fixed, static_cast<quint8>(message.type));
    append(fixed, message.job);
    append(fixed, static_cast<quint8>(message.texts.size()));
    for (const QString &text : message.texts) {
        const QByteArray encoded = text.toUtf8();
        append(fixed, static_cast<quint32>(encoded.size()));
        fixed += encoded;
    }
    QByteArray head;
    append(head, Magic);
    append(head, static_cast<quint64>(fixed.size() + message.bytes.size()));
    device.write(head + fixed);
    if (!message.bytes.isEmpty())
        device.write(message.bytes); // not copied together: it may be large
}

bool ProcessMessageReader::read(QIODevice &device)
{
    while (m_problem.isEmpty() && device.bytesAvailable() > 0) {
        if (m_length < 0) {
            m_head += device.read(HeadBytes - m_head.size());
            if (m_head.size() == HeadBytes)
                startMessage();
            continue;
        }
        m_body += device.read(std::min(m_length - m_body.size(), qint64(PieceBytes)));
        if (m_body.size() == m_length) {
            if (auto message = parse(m_body))
                m_messages.append(std::move(*message));
            else
                m_problem = QStringLiteral("sent what is no message");
            m_body.clear();
            m_length = -1;
        }
    }
    return m_problem.isEmpty();
}

void ProcessMessageReader::startMessage()
{
    const auto magic = qFromBigEndian<quint32>(m_head.constData());
    const auto length = qFromBigEndian<quint64>(m_head.constData() + sizeof(quint32));
    m_head.clear();
    if (magic != Magic || length < quint64(FixedBytes)) {
        m_problem = QStringLiteral("sent what is no message");
    } else if (length > quint64(m_longest)) {
        m_problem = QStringLiteral("sent a message of %1 bytes, more than the %2 that are allowed")
                            .arg(length)
                            .arg(m_longest);
    } else {
        m_length = static_cast<qint64>(length);
    }
}

std::optional<ProcessMessage> ProcessMessageReader::take()
{
    if (m_messages.isEmpty())
        return std::nullopt;
    return m_messages.takeFirst();
}

} // namespace heddle
