// SPDX-License-Identifier: Apache-2.0

// A graph of tasks: chapters of a book are fetched, counted in two ways at the same time, and
// fetched again until there are enough; then comes the report.
//
//            ┌──► words ────┐
//  start ──► fetch          merge ──► enough? ──► report
//            └──► letters ──┘            │
//              ▲                         │
//              └─────────────────────────┘
//
// "example-graph --record book.recording" keeps what happened; "heddle convert book.recording
// book.pftrace" or the studio shows each node, its wait and its waker.

#include <heddle/executor.h>
#include <heddle/graph.h>
#include <heddle/recorder.h>
#include <heddle/retry.h>

#include <cctype>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

namespace {

// A source that fails now and then, as sources do.
class Library
{
public:
    std::string chapter(int number)
    {
        if (++m_requests % 3 == 0)
            throw std::runtime_error("the library is closed");
        std::string text;
        for (int word = 0; word < number * 1000; ++word)
            text += "warp weft ";
        return text;
    }

private:
    int m_requests = 0;
};

struct Count
{
    int words = 0;
    int letters = 0;
};

} // namespace

int main(int argc, char **argv)
{
    if (argc == 3 && std::string_view(argv[1]) == "--record") {
        auto problem = heddle::trace::createRecording(argv[2]);
        if (!problem)
            problem = heddle::trace::Recorder::start(argv[2]);
        if (problem) {
            std::fprintf(stderr, "%s\n", problem.what.c_str());
            return 2;
        }
    }
    const auto executor = heddle::makeExecutor(heddle::ExecutorKind::Threads, "worker", 2);
    const auto network = heddle::makeExecutor(heddle::ExecutorKind::Threads, "network", 1);
    Library library;
    int chapter = 0;
    std::string text;
    Count ofChapter;
    Count ofBook;

    // Nodes that share nothing but what the edges order: no locks.
    heddle::Graph graph("book");
    heddle::GraphNode start = graph.add("start", [] { std::puts("reading"); });
    heddle::GraphNode fetch = graph.add("fetch", [&] {
        ++chapter;
        const heddle::RetryPolicy policy{.attempts = 3, .firstDelay = 1ms, .jitter = 0.5};
        text = executor->result( // it goes on with other tasks meanwhile
                heddle::retry(*network, policy, [&] { return library.chapter(chapter); }));
    });
    heddle::GraphNode words = graph.add("words", [&] {
        ofChapter.words = 0;
        for (const char letter : text)
            ofChapter.words += letter == ' ';
    });
    heddle::GraphNode letters = graph.add("letters", [&] {
        ofChapter.letters = 0;
        for (const char letter : text)
            ofChapter.letters += std::isalpha(static_cast<unsigned char>(letter)) != 0;
    });
    heddle::GraphNode merge = graph.add("merge", [&] {
        ofBook.words += ofChapter.words;
        ofBook.letters += ofChapter.letters;
    });
    // A condition returns the number of the successor that runs next: 0 is fetch, 1 the report.
    heddle::GraphNode enough = graph.addCondition("enough?", [&] { return chapter < 4 ? 0 : 1; });
    heddle::GraphNode report = graph.add("report", [&] {
        std::printf("%d chapters, %d words, %d letters\n", chapter, ofBook.words, ofBook.letters);
    });

    // At most one of the two counts at a time, say because they need much memory.
    const heddle::ResourceLimit memory("memory", 1);
    words.limitedBy(memory);
    letters.limitedBy(memory);

    start.precede(fetch);
    fetch.precede(words, letters);
    merge.succeed(words, letters);
    merge.precede(enough);
    enough.precede(fetch, report);

    heddle::GraphRun run = graph.run(*executor);
    try {
        run.wait(); // throws what a node threw
    } catch (const std::exception &error) {
        std::printf("failed: %s\n", error.what());
        return 1;
    }
    heddle::trace::Recorder::stop();
    return ofBook.words == 20'000 ? 0 : 1;
}
