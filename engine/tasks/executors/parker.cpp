// SPDX-License-Identifier: Apache-2.0
#include "parker_p.h"

#include <memory>
#include <mutex>
#include <vector>

namespace heddle {

namespace {

struct SpareParkers
{
    std::mutex mutex;
    std::vector<std::unique_ptr<Parker>> parkers;
};

// Never destroyed: threads end after static objects.
SpareParkers &spareParkers()
{
    static auto *spare = new SpareParkers;
    return *spare;
}

struct Borrowed
{
    Borrowed()
    {
        SpareParkers &spare = spareParkers();
        const std::lock_guard lock(spare.mutex);
        if (spare.parkers.empty())
            spare.parkers.push_back(std::make_unique<Parker>());
        parker = std::move(spare.parkers.back());
        spare.parkers.pop_back();
    }
    ~Borrowed()
    {
        SpareParkers &spare = spareParkers();
        const std::lock_guard lock(spare.mutex);
        spare.parkers.push_back(std::move(parker));
    }
    std::unique_ptr<Parker> parker;
};

} // namespace

Parker &Parker::current()
{
    static thread_local Borrowed borrowed;
    return *borrowed.parker;
}

} // namespace heddle
