// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/recordingfeed.h>

#include <vector>

using namespace heddle;
using trace::Record;
using trace::RecordType;
using trace::SchedulingState;

/// A recording made by hand: one tick is one nanosecond, the trace starts at StartNs.
class HandMade
{
public:
    static constexpr std::int64_t StartNs = 1'000'000;

    HandMade()
        : writer(store)
        , feed(writer, 42, QStringLiteral("program"), StartNs)
    {
        clock.addPair({0, StartNs});
        clock.addPair({1'000'000'000, StartNs + 1'000'000'000});
        define(1, "work");
        define(2, "key");
        define(3, "queue");
        define(4, "worker one");
    }
    void define(trace::NameId id, const char *text) { feed.nameDefined(id, text); }
    void give(trace::ThreadIndex thread, std::vector<Record> records)
    {
        feed.threadRecords(thread, records, clock, 0);
    }
    static Record record(RecordType type, std::uint64_t tick, std::uint64_t payload = 0)
    {
        return {Record::makeHead(type, tick), payload};
    }
    static Record argument(trace::NameId key, trace::ArgumentType type, std::uint64_t bits)
    {
        return {Record::makeHead(RecordType::Argument,
                                 key | (static_cast<std::uint64_t>(type) << 32)),
                bits};
    }
    static std::uint64_t waitBegin(trace::ObjectId object, WaitReason reason)
    {
        return Record::pair(object, static_cast<std::uint32_t>(reason));
    }
    static std::uint64_t waitEnd(trace::ObjectId object, trace::ThreadIndex waker,
                                 WaitOutcome outcome)
    {
        return Record::pair(object, waker | (static_cast<std::uint32_t>(outcome) << 24));
    }
    static std::vector<Record> created(trace::ObjectId object, std::uint64_t tick, ObjectKind kind,
                                       std::uint64_t capacity)
    {
        return {record(RecordType::ObjectCreated, tick, Record::pair(object, 3)),
                {Record::makeHead(RecordType::Value, static_cast<std::uint64_t>(kind)), capacity}};
    }
    // A task's records
    static std::vector<Record> taskCreated(trace::FlowId id, std::uint64_t tick, TaskKind kind,
                                           trace::NameId name, trace::ObjectId executor)
    {
        return {record(RecordType::TaskCreated, tick,
                       Record::tagged(id, static_cast<std::uint8_t>(kind))),
                {Record::makeHead(RecordType::Value, 0), Record::pair(name, executor)}};
    }
    static Record taskState(trace::FlowId id, std::uint64_t tick, TaskState state,
                            bool hasSlice = false)
    {
        return record(RecordType::TaskStateChanged, tick,
                      Record::tagged(id, trace::TaskStateByte::make(state, hasSlice)));
    }
    static std::vector<Record> taskWaits(trace::FlowId id, std::uint64_t tick,
                                         trace::ObjectId object, WaitReason reason)
    {
        return {record(RecordType::TaskWaiting, tick,
                       Record::tagged(id, trace::TaskStateByte::make(TaskState::Waiting, true))),
                {Record::makeHead(RecordType::Value, 0),
                 Record::pair(object, static_cast<std::uint32_t>(reason))}};
    }
    static Record item(RecordType type, std::uint64_t tick, trace::ObjectId object,
                       std::uint64_t position)
    {
        return record(type, tick, trace::ItemPayload::make(object, position));
    }

    TraceStore store;
    TraceStore::Writer writer;
    RecordingFeed feed;
    trace::TickConversion clock;
};
