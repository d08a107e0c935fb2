// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/blockingobserver.h>

#include <utility>

namespace heddle {

namespace {
thread_local BlockingObserver *observerOfThread = nullptr;
}

BlockingObserver::~BlockingObserver() = default;

BlockingObserver *BlockingObserver::current() noexcept
{
    return observerOfThread;
}

BlockingObserver *BlockingObserver::setCurrent(BlockingObserver *observer) noexcept
{
    return std::exchange(observerOfThread, observer);
}

} // namespace heddle
