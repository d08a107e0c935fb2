// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/queue.h>

#include <memory>
#include <optional>
#include <stop_token>

/// An item's number; nothing is the sentinel.
using Item = std::optional<qint64>;

/// The queue between producers and consumers, of one make or another; its functions promise what
/// those of heddle::Queue do. Threads: any.
class ItemQueue
{
public:
    virtual ~ItemQueue() = default;
    virtual void put(Item item, std::stop_token stop) = 0;
    virtual Item get(std::stop_token stop) = 0;
    virtual void taskDone() = 0;
    virtual void join(std::stop_token stop) = 0;
    virtual void shutDown() = 0;
    [[nodiscard]] virtual qsizetype size() const = 0;
    [[nodiscard]] virtual qsizetype unfinished() const = 0;
    [[nodiscard]] virtual qsizetype takenUnfinished() const = 0;

    /// heddle::Queue.
    static std::unique_ptr<ItemQueue> ofLibrary(qsizetype capacity);
    /// Written by hand with one condition for all who wait; with \a testsOnce, a thread that was
    /// woken goes on without looking whether what it waited for has come.
    static std::unique_ptr<ItemQueue> byHand(qsizetype capacity, bool testsOnce);
};
