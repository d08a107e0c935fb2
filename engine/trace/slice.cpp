// SPDX-License-Identifier: Apache-2.0
#include <heddle/trace/slice.h>

#include <algorithm>

namespace heddle::trace {

namespace {
// More would be a list, not an explanation.
constexpr std::size_t MostArguments = 32;

bool writeNamed(ThreadWriter *writer, RecordType type, Name name,
                std::initializer_list<Argument> arguments) noexcept
{
    const auto count = static_cast<std::uint32_t>(std::min(arguments.size(), MostArguments));
    if (!writer->writeLong(type, Record::pair(name.id(), count), count))
        return false;
    for (const Argument *argument = arguments.begin(); argument != arguments.begin() + count;
         ++argument) {
        writer->append(RecordType::Argument,
                       Record::pair(argument->key.id(), static_cast<std::uint32_t>(argument->type)),
                       argument->bits);
    }
    writer->publishUnits();
    return true;
}
} // namespace

void Slice::beginWithArguments(ThreadWriter *writer, Name name,
                               std::initializer_list<Argument> arguments) noexcept
{
    writeNamed(writer, RecordType::SliceBegin, name, arguments);
    writer->sliceBegun();
}

void instant(Name name, std::initializer_list<Argument> arguments) noexcept
{
    if (ThreadWriter *writer = ThreadWriter::current())
        writeNamed(writer, RecordType::Instant, name, arguments);
}

} // namespace heddle::trace
