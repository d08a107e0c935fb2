// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/queue.h>
#include <heddle/core/thread.h>
#include <heddle/pattern/runcontext.h>
#include <heddle/trace/slice.h>

#include <QCoreApplication>
#include <QDir>
#include <QFile>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

// What the faulty plugins do, one function each.

[[maybe_unused]] static void null_dereference(heddle::RunContext &)
{
    volatile int *nowhere = nullptr;
    *nowhere = 1;
}

[[maybe_unused]] static void abort(heddle::RunContext &)
{
    std::abort();
}

[[maybe_unused]] static void never_returns(heddle::RunContext &)
{
    while (true)
        ::pause(); // deaf to the stop token
}

[[maybe_unused]] static void throws(heddle::RunContext &context)
{
    if (context.parameters().integer(QStringLiteral("anInteger")))
        throw 42;
    throw std::runtime_error("this pattern has failed");
}

[[maybe_unused]] static void exits(heddle::RunContext &)
{
    std::exit(0);
}

[[maybe_unused]] static void kills_itself(heddle::RunContext &)
{
    std::raise(SIGKILL);
}

[[maybe_unused]] static void floods(heddle::RunContext &context)
{
    for (int k = 0; k < 200'000; ++k) {
        context.info(QStringLiteral("line %1").arg(k));
        std::printf("output %d\n", k);
    }
    std::fflush(stdout);
}

[[maybe_unused]] static void floods_reports(heddle::RunContext &context)
{
    for (int k = 0; k < 100'000; ++k) {
        context.progress(k / 100'000.0, QStringLiteral("step %1").arg(k));
        context.result(QStringLiteral("same"), k);
        context.result(QStringLiteral("result %1").arg(k), k);
        context.invariant(QStringLiteral("same"), true, QStringLiteral("%1").arg(k));
        context.invariant(QStringLiteral("invariant %1").arg(k), true, {});
    }
}

[[maybe_unused]] static void waits_forever(heddle::RunContext &context)
{
    heddle::Queue<int> queue("items");
    heddle::Thread consumer("consumer", [&] {
        try {
            HEDDLE_SLICE("consume");
            static_cast<void>(queue.get(context.stopToken())); // nobody puts anything
        } catch (const heddle::Stopped &) {
        }
    });
    consumer.join();
}

[[maybe_unused]] static int overflow(int depth)
{
    volatile char space[4096];
    space[0] = static_cast<char>(depth);
    return depth < 0 ? 0 : overflow(depth + 1) + space[0];
}

[[maybe_unused]] static void overflows_the_stack(heddle::RunContext &)
{
    overflow(0);
}

[[maybe_unused]] static void quits_the_loop(heddle::RunContext &context)
{
    QCoreApplication::quit();
    context.pause(std::chrono::milliseconds(50)); // the loop may end before this does, or after
}

[[maybe_unused]] static void leaves_a_process(heddle::RunContext &)
{
    const pid_t process = ::fork();
    if (process == 0) {
        while (true)
            ::pause();
    }
    std::fprintf(stderr, "left %d\n", static_cast<int>(process));
    std::raise(SIGKILL);
}

[[maybe_unused]] static void cuts_its_recording(heddle::RunContext &)
{
    constexpr int mostDescriptors = 256;
    for (int descriptor = 3; descriptor < mostDescriptors; ++descriptor)
        static_cast<void>(::ftruncate(descriptor, 0)); // those of other kinds refuse
}

[[maybe_unused]] static void closes_everything(heddle::RunContext &)
{
    constexpr int mostDescriptors = 256;
    for (int descriptor = 3; descriptor < mostDescriptors; ++descriptor) {
        ::shutdown(descriptor, SHUT_RDWR); // a thread that polls it would keep it open
        ::close(descriptor);
    }
    while (true)
        ::pause();
}

[[maybe_unused]] static void leaves_a_file(heddle::RunContext &context)
{
    const QString folder = QDir::tempPath();
    context.info(QStringLiteral("in ") + folder);
    QFile file(folder + QStringLiteral("/left-behind"));
    if (!file.open(QIODevice::WriteOnly))
        throw std::runtime_error("no file");
    std::raise(SIGKILL);
}
