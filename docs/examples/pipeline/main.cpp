// SPDX-License-Identifier: Apache-2.0
// A pipeline of three stages: read → compress → write.
//
// Bounded queues couple the stages: a slow stage makes the one before it wait (back-pressure)
// instead of filling the memory. The end travels with the data: each stage shuts its queue down
// when it has put its last item, and the next drains what is left. A stop ends every wait, whatever
// the stages are doing.
//
//     example-pipeline            all blocks
//     example-pipeline --stop     a stop in the middle
#include <heddle/queue.h>
#include <heddle/slice.h>
#include <heddle/thread.h>

#include <QByteArray>
#include <QTextStream>

#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace {

constexpr int Blocks = 400;
constexpr int BlockBytes = 16 * 1024;
constexpr int Compressors = 2;

struct Block
{
    int number = 0;
    QByteArray bytes;
};

using Blocked = heddle::Queue<Block>;

Block read(int number)
{
    HEDDLE_SLICE("read");
    QByteArray bytes(BlockBytes, '\0');
    for (qsizetype k = 0; k < bytes.size(); ++k)
        bytes[k] = static_cast<char>((k * number) % 23);
    return {number, bytes};
}

Block compress(const Block &block)
{
    HEDDLE_SLICE("compress");
    return {block.number, qCompress(block.bytes)};
}

/// Puts all blocks; ends the queue behind the last one.
void readAll(Blocked &raw, const std::stop_token &stop)
{
    for (int number = 1; number <= Blocks; ++number)
        raw.put(read(number), stop); // waits while the compressors are behind
    raw.shutDown();
}

/// Compresses until there is nothing left; the last of the compressors ends the next queue.
void compressAll(Blocked &raw, Blocked &compressed, std::atomic<int> &working,
                 const std::stop_token &stop)
{
    try {
        while (true)
            compressed.put(compress(raw.get(stop)), stop);
    } catch (const heddle::ShutDown &) {
        // The reader has put its last block, and it is taken.
    }
    if (--working == 0)
        compressed.shutDown();
}

struct Written
{
    int blocks = 0;
    qint64 bytes = 0;
};

void writeAll(Blocked &compressed, Written &written, std::stop_source &stop, int stopAfter)
{
    try {
        while (true) {
            const Block block = compressed.get(stop.get_token());
            HEDDLE_SLICE("write");
            ++written.blocks;
            written.bytes += block.bytes.size();
            if (written.blocks == stopAfter) {
                stop.request_stop();
                return; // what is there could still be got
            }
        }
    } catch (const heddle::ShutDown &) {
        // As above: all is written.
    }
}

} // namespace

int main(int argc, char **argv)
{
    const bool stops = argc > 1 && std::strcmp(argv[1], "--stop") == 0;
    Blocked raw("raw blocks", 8);
    Blocked compressed("compressed blocks", 8);
    std::stop_source stop;
    std::atomic<int> working = Compressors;
    Written written;

    std::vector<std::unique_ptr<heddle::Thread>> stages;
    const auto start = [&](const std::string &name, const std::function<void()> &stage) {
        stages.push_back(std::make_unique<heddle::Thread>(name, [&stop, stage] {
            try {
                stage();
            } catch (...) {
                stop.request_stop(); // else the others would wait for this one for ever
                throw;
            }
        }));
    };
    start("reader", [&] { readAll(raw, stop.get_token()); });
    for (int k = 1; k <= Compressors; ++k) {
        start("compressor " + std::to_string(k),
              [&] { compressAll(raw, compressed, working, stop.get_token()); });
    }
    start("writer", [&] { writeAll(compressed, written, stop, stops ? Blocks / 2 : -1); });

    bool isStopped = false;
    for (const auto &stage : stages) {
        try {
            stage->joinAndRethrow();
        } catch (const heddle::Stopped &) {
            isStopped = true; // by request, or because another stage failed
        } catch (const std::exception &failure) {
            QTextStream(stderr) << failure.what() << '\n';
            return 1;
        }
    }
    QTextStream(stdout) << written.blocks << " of " << Blocks << " blocks became " << written.bytes
                        << " bytes" << (isStopped ? "; then it was stopped\n" : "\n");
    return written.blocks == (stops ? Blocks / 2 : Blocks) ? 0 : 1;
}
