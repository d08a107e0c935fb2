// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/futex.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace heddle::futex {

namespace {

struct Bucket
{
    std::mutex mutex;
    std::condition_variable changed;
};

// Words share buckets, so every wake-up wakes all of a bucket: a wait may return for no reason.
Bucket &bucketOf(const std::atomic<quint32> *word)
{
    static auto *buckets = new Bucket[64]; // outlives statics
    return buckets[(reinterpret_cast<std::uintptr_t>(word) >> 4) % 64];
}

void wake(const std::atomic<quint32> *word) noexcept
{
    Bucket &bucket = bucketOf(word);
    // A thread that found the word unchanged holds the mutex until it sleeps.
    bucket.mutex.lock();
    bucket.mutex.unlock();
    bucket.changed.notify_all();
}

} // namespace

bool wait(const std::atomic<quint32> &word, quint32 expected,
          std::optional<Clock::time_point> deadline) noexcept
{
    Bucket &bucket = bucketOf(&word);
    std::unique_lock lock(bucket.mutex);
    if (word.load() != expected)
        return true;
    if (!deadline) {
        bucket.changed.wait(lock);
        return true;
    }
    return bucket.changed.wait_until(lock, *deadline) == std::cv_status::no_timeout;
}

void wakeOne(const std::atomic<quint32> *word) noexcept
{
    wake(word);
}

void wakeAll(const std::atomic<quint32> *word) noexcept
{
    wake(word);
}

} // namespace heddle::futex
