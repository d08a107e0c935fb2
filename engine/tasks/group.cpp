// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/group.h>

#include "grouppause_p.h"

#include <mutex>
#include <optional>

namespace heddle {

std::atomic<quint32> Group::s_cancellations{0};
thread_local constinit Group *Group::t_current = nullptr;

/// What few groups need.
struct Group::Shared
{
    struct CancelToo
    {
        Shared *shared;
        void operator()() const noexcept { shared->requestStop(); }
    };

    void requestStop() noexcept
    {
        std::stop_source source(std::nostopstate);
        {
            const std::lock_guard lock(mutex);
            source = stop;
        }
        source.request_stop(); // calls foreign code
    }
    void follow(const Group *outer)
    {
        // The outer group outlives this one: it waits for the child within which this one is.
        if (outer)
            withOuter.emplace(outer->stopToken(), CancelToo{this});
    }

    std::mutex mutex; ///< for what follows
    std::stop_source stop;
    std::vector<std::exception_ptr> failures;
    std::vector<std::exception_ptr> thrown; ///< by the last wait(), and what came with it
    std::optional<std::stop_callback<CancelToo>> withOuter; ///< the group's thread's
};

Group::~Group()
{
    if (!m_completion.isComplete()) {
        if (std::uncaught_exceptions() > 0)
            cancel();
        m_executor.helpUntil(m_completion);
    }
    const std::unique_ptr<Shared> shared(m_shared.load());
    if (shared) {
        for (const std::exception_ptr &failure : shared->failures)
            m_executor.reportFailure(failure);
    }
}

Group::Shared &Group::shared() const
{
    Shared *shared = m_shared.load();
    if (!shared) {
        auto made = std::make_unique<Shared>();
        made->follow(m_parent);
        if (m_shared.compare_exchange_strong(shared, made.get()))
            shared = made.release();
    }
    return *shared;
}

std::stop_token Group::stopToken() const
{
    Shared &own = shared();
    // Pairs with cancel(): it sees the token, or we see the cancellation.
    if (isCancelled())
        own.requestStop();
    const std::lock_guard lock(own.mutex);
    return own.stop.get_token();
}

std::vector<std::exception_ptr> Group::failures() const
{
    Shared &own = shared();
    const std::lock_guard lock(own.mutex);
    return own.thrown;
}

void Group::fail(std::exception_ptr failure) noexcept
{
    Shared &own = shared();
    {
        const std::lock_guard lock(own.mutex);
        own.failures.push_back(std::move(failure));
    }
    cancel();
}

void Group::cancel()
{
    if (m_isCancelled.exchange(true))
        return;
    s_cancellations.fetch_add(1); // after the flag: pairs with lookUp()
    if (Shared *shared = m_shared.load())
        shared->requestStop();
}

bool Group::lookUp() const
{
    const quint32 cancellations = s_cancellations.load();
    for (const Group *group = m_parent; group; group = group->m_parent) {
        if (group->m_isCancelled.load()) {
            m_isCancelled.store(true);
            return true;
        }
    }
    m_checked.store(cancellations, std::memory_order_relaxed); // this alone relies on it
    return false;
}

Outcome Group::wait()
{
    if (m_owner != &t_current) {
        throw Misuse(QStringLiteral("A group can only be waited for in the thread that made it"),
                     m_executor.name(), QStringLiteral("Wait where the group is created"));
    }
    if (!m_completion.isComplete())
        m_executor.helpUntil(m_completion);
    const bool wasCancelled = isCancelled();
    if (wasCancelled)
        m_isCancelled.store(m_parent && m_parent->isCancelled());
    if (m_shared.load()) [[unlikely]]
        startAfresh();
    return wasCancelled ? Outcome::Cancelled : Outcome::Done;
}

// No child is left. Those that come later have a stop token that is not raised.
void Group::startAfresh()
{
    Shared &own = shared();
    own.withOuter.reset();
    std::exception_ptr first;
    {
        const std::lock_guard lock(own.mutex);
        if (own.stop.stop_requested())
            own.stop = std::stop_source();
        own.thrown = std::move(own.failures);
        own.failures.clear();
        if (!own.thrown.empty())
            first = own.thrown.front();
    }
    own.follow(m_parent);
    if (first)
        std::rethrow_exception(first);
}

GroupPause::GroupPause() noexcept
    : m_paused(std::exchange(Group::t_current, nullptr))
{}

GroupPause::~GroupPause()
{
    Group::t_current = m_paused;
}

} // namespace heddle
