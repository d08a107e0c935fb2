// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtGlobal>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace stress {

/// A call that a thread made: what and with which result, between two instants.
template <typename Operation>
struct Call
{
    Operation operation;
    quint64 begin = 0;
    quint64 end = 0;
    int thread = 0;
};

/// Who called what, and when. Each thread records its own calls; read it when they have ended.
///
/// The instants are numbers that are drawn from one counter: a smaller one came first.
template <typename Operation>
class History
{
public:
    explicit History(int threads)
        : m_calls(static_cast<std::size_t>(threads))
    {}

    /// Calls \a call, which returns what it did as an Operation, and records it.
    template <std::invocable Function>
    void record(int thread, Function call)
    {
        const quint64 begin = now();
        Operation operation = call();
        m_calls[static_cast<std::size_t>(thread)].push_back(
                {std::move(operation), begin, now(), thread});
    }

    /// All calls in the order of their begins.
    [[nodiscard]] std::vector<Call<Operation>> calls() const
    {
        std::vector<Call<Operation>> all;
        for (const auto &calls : m_calls)
            all.insert(all.end(), calls.begin(), calls.end());
        std::sort(all.begin(), all.end(),
                  [](const auto &a, const auto &b) { return a.begin < b.begin; });
        return all;
    }

    /// An instant. Relaxed: it must not order for the sanitizer what the tested primitive should.
    [[nodiscard]] quint64 now() { return m_clock.fetch_add(1, std::memory_order_relaxed); }

private:
    std::atomic<quint64> m_clock{0};
    std::vector<std::vector<Call<Operation>>> m_calls;
};

/// Whether the calls can be put into one order, each at an instant between its begin and its end,
/// in which \a apply allows every one: it changes the state and returns whether the operation could
/// have had its result in that state. At most 64 calls.
///
/// The algorithm is Wing and Gong's ("Testing and Verifying Concurrent Objects", 1993) with Lowe's
/// memory of what was tried ("Testing for Linearizability", 2017).
template <typename State, typename Operation, typename Apply>
[[nodiscard]] bool isLinearizable(const State &initial, const std::vector<Call<Operation>> &calls,
                                  Apply apply)
{
    if (calls.size() > 64)
        throw std::logic_error("too many calls for an exhaustive search");
    const quint64 all = calls.size() == 64 ? ~quint64{0} : (quint64{1} << calls.size()) - 1;
    std::set<std::pair<quint64, State>> tried;
    std::vector<std::pair<quint64, State>> pending{{0, initial}};
    while (!pending.empty()) {
        const auto [done, state] = pending.back();
        pending.pop_back();
        if (done == all)
            return true;
        // Next may be whichever began before each of the others ended.
        quint64 firstEnd = ~quint64{0};
        for (std::size_t k = 0; k < calls.size(); ++k) {
            if (!(done >> k & 1))
                firstEnd = std::min(firstEnd, calls[k].end);
        }
        for (std::size_t k = 0; k < calls.size(); ++k) {
            if ((done >> k & 1) || calls[k].begin > firstEnd)
                continue;
            State after = state;
            if (!apply(after, calls[k].operation))
                continue;
            std::pair<quint64, State> next{done | quint64{1} << k, std::move(after)};
            if (tried.insert(next).second)
                pending.push_back(std::move(next));
        }
    }
    return false;
}

} // namespace stress
