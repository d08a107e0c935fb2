// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/eventloop.h>
#include <heddle/coroutines/suspension.h>

#include <memory>
#include <mutex>
#include <utility>

namespace heddle {

/// Awaits something that another thread, or Qt, delivers once; the base of such awaiters.
///
/// The two sides share a Slot, which outlives either: the awaiter leaves it when it is cancelled or
/// destroyed, and what is delivered afterwards is dropped.
class HEDDLE_ENGINE_EXPORT DeliveryAwaiter : public Suspension
{
public:
    /// What the two sides share.
    class HEDDLE_ENGINE_EXPORT Slot
    {
    public:
        explicit Slot(DeliveryAwaiter &awaiter)
            : m_awaiter(&awaiter)
        {}
        /// Calls \a store, under the slot's mutex, and wakes the awaiter; does neither if it has
        /// left or was served before. Any thread.
        template <typename Store>
        void deliver(Store store)
        {
            const std::lock_guard lock(m_mutex);
            if (m_awaiter) {
                store();
                std::exchange(m_awaiter, nullptr)->wakeFromAnyThread();
            }
        }
        /// Nothing is delivered any more. False if something was. The awaiter's side.
        bool leave()
        {
            const std::lock_guard lock(m_mutex);
            return std::exchange(m_awaiter, nullptr) != nullptr;
        }

    private:
        std::mutex m_mutex;
        DeliveryAwaiter *m_awaiter;
    };

protected:
    DeliveryAwaiter() = default;
    ~DeliveryAwaiter() override = default;

    /// Suspends; afterwards the other side may deliver to \a slot.
    void suspendFor(std::coroutine_handle<> point, std::shared_ptr<Slot> slot,
                    trace::ObjectId object, trace::WaitReason reason)
    {
        suspend(point, object, reason);
        m_slot = std::move(slot);
    }
    /// To be called by the destructors of what derives from this.
    void leaveIfWaiting() noexcept
    {
        if (isWaiting() && m_slot)
            m_slot->leave();
    }
    /// The task is to be cancelled, and nothing will come: let go of the source.
    virtual void letGo() noexcept {}

private:
    void abandon() noexcept final
    {
        m_slot->leave();
        letGo();
    }
    CoroutineTaskState *cancelled() final
    {
        if (isCancelled())
            return nullptr;
        const bool nothingCame = m_slot->leave();
        letGo();
        if (nothingCame)
            wakeCancelled();
        else
            setCancelled(); // what has come is on its way
        return nullptr;
    }

    std::shared_ptr<Slot> m_slot;
};

} // namespace heddle
