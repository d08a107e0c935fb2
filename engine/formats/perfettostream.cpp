// SPDX-License-Identifier: Apache-2.0
#include "perfettostream_p.h"

#include <QIODevice>

namespace heddle::perfetto {

using protozero::pbf_writer;

void PacketStream::event(EventType type, std::uint64_t track, std::int64_t ns)
{
    event(type, track, ns, [](EventFields &) {});
}

void PacketStream::flush()
{
    const auto size = static_cast<qint64>(m_out.size());
    if (m_device.write(m_out.data(), size) != size) {
        throw Error(QStringLiteral("The trace cannot be written: %1").arg(m_device.errorString()),
                    QStringLiteral("Perfetto export"),
                    QStringLiteral("Free some disk space and try again"));
    }
    m_out.clear();
    if (m_stop.stop_requested())
        throw Stopped(QStringLiteral("The export was cancelled"),
                      QStringLiteral("Perfetto export"));
    if (m_progress)
        m_progress(std::min(1.0, static_cast<double>(m_done) / m_total));
}

std::uint64_t PacketStream::internName(std::uint32_t id)
{
    if (id >= m_names.size())
        m_names.resize(id + std::size_t{1});
    if (m_names[id] == 0) {
        m_names[id] = ++m_lastName;
        addInterned(Interned::EventNames, m_lastName, m_store.name(id));
    }
    return m_names[id];
}

std::uint64_t PacketStream::internText(std::uint32_t field, QHash<QString, std::uint64_t> &known,
                                       const QString &text)
{
    const auto found = known.constFind(text);
    if (found != known.constEnd())
        return *found;
    const std::uint64_t iid = static_cast<std::uint64_t>(known.size()) + 1;
    known.insert(text, iid);
    addInterned(field, iid, text);
    return iid;
}

void PacketStream::addInterned(std::uint32_t field, std::uint64_t iid, const QString &text)
{
    pbf_writer interned(m_interned);
    pbf_writer entry(interned, field);
    entry.add_uint64(Interned::Iid, iid);
    entry.add_bytes(Interned::Name, utf8(text));
}

PacketStream::EventFields &PacketStream::EventFields::name(std::uint32_t id)
{
    m_event.add_uint64(Event::NameIid, m_stream.internName(id));
    return *this;
}

PacketStream::EventFields &PacketStream::EventFields::text(const QString &name)
{
    m_event.add_string(Event::Name, utf8(name));
    return *this;
}

PacketStream::EventFields &PacketStream::EventFields::category(const char *category)
{
    m_event.add_uint64(Event::CategoryIid,
                       m_stream.internText(Interned::Categories, m_stream.m_categories,
                                           QLatin1String(category)));
    return *this;
}

PacketStream::EventFields &PacketStream::EventFields::annotate(const QString &key,
                                                               const QVariant &value)
{
    const std::uint64_t iid = m_stream.internText(Interned::AnnotationNames, m_stream.m_keys, key);
    pbf_writer annotation(m_event, Event::Annotation);
    annotation.add_uint64(AnnotationField::NameIid, iid);
    switch (value.typeId()) {
    case QMetaType::Bool:
        annotation.add_bool(AnnotationField::Bool, value.toBool());
        break;
    case QMetaType::UInt:
    case QMetaType::ULongLong:
        annotation.add_uint64(AnnotationField::UInt, value.toULongLong());
        break;
    case QMetaType::Int:
    case QMetaType::LongLong:
        annotation.add_int64(AnnotationField::Int, value.toLongLong());
        break;
    case QMetaType::Double:
        annotation.add_double(AnnotationField::Double, value.toDouble());
        break;
    default:
        annotation.add_string(AnnotationField::String, utf8(value.toString()));
    }
    return *this;
}

PacketStream::EventFields &
PacketStream::EventFields::annotate(const std::vector<SliceArgument> &arguments)
{
    for (const SliceArgument &argument : arguments)
        annotate(argument.key, argument.value);
    return *this;
}

PacketStream::EventFields &PacketStream::EventFields::counter(std::int64_t value)
{
    m_event.add_int64(Event::CounterValue, value);
    return *this;
}

PacketStream::EventFields &PacketStream::EventFields::flow(std::uint64_t id, bool terminates)
{
    m_event.add_fixed64(terminates ? Event::TerminatingFlowId : Event::FlowId, id);
    return *this;
}

} // namespace heddle::perfetto
