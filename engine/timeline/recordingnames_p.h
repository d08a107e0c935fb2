// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/tracestore.h>

#include <algorithm>
#include <bit>
#include <span>
#include <unordered_map>

namespace heddle {

/// The names of a recording, and the arguments that are made of them. Threads: one at a time.
class RecordingNames
{
public:
    explicit RecordingNames(TraceStore::Writer &writer)
        : m_writer(writer)
    {}

    void define(trace::NameId id, std::string_view text)
    {
        const QString string = QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
        m_ids[id] = m_writer.intern(string);
        m_texts[id] = string;
    }
    /// The store's number of a name.
    std::uint32_t id(trace::NameId id)
    {
        const auto known = m_ids.find(id);
        return known != m_ids.end() ? known->second
                                    : m_writer.intern(QStringLiteral("name %1").arg(id));
    }
    [[nodiscard]] QString text(trace::NameId id) const
    {
        const auto known = m_texts.find(id);
        return known != m_texts.end() ? known->second : QStringLiteral("name %1").arg(id);
    }
    /// What \a count units from \a first on say.
    [[nodiscard]] std::vector<SliceArgument> arguments(std::span<const trace::Record> records,
                                                       std::size_t first, std::size_t count) const
    {
        std::vector<SliceArgument> found;
        for (std::size_t k = first; k < std::min(first + count, records.size()); ++k) {
            if (records[k].type() != trace::RecordType::Argument)
                break;
            found.push_back({text(static_cast<trace::NameId>(records[k].head)), value(records[k])});
        }
        return found;
    }

private:
    [[nodiscard]] QVariant value(const trace::Record &unit) const
    {
        switch (static_cast<trace::ArgumentType>((unit.head >> 32) & 0xff)) {
        case trace::ArgumentType::Int:
            return QVariant::fromValue(static_cast<qint64>(unit.payload));
        case trace::ArgumentType::UInt:
            return QVariant::fromValue(static_cast<quint64>(unit.payload));
        case trace::ArgumentType::Double:
            return std::bit_cast<double>(unit.payload);
        case trace::ArgumentType::Bool:
            return unit.payload != 0;
        case trace::ArgumentType::Name:
            return text(static_cast<trace::NameId>(unit.payload));
        }
        return {};
    }

    TraceStore::Writer &m_writer;
    std::unordered_map<trace::NameId, std::uint32_t> m_ids;
    std::unordered_map<trace::NameId, QString> m_texts;
};

} // namespace heddle
