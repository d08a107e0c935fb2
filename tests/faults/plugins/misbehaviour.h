// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/pattern/runcontext.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
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
