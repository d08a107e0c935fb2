// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/standaloneloop.h>

#include <heddle/core/error.h>
#include <heddle/coroutines/descriptorwatch.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#ifdef Q_OS_LINUX
#    include <sys/eventfd.h>
#endif

namespace heddle {

// A descriptor that becomes readable when another thread rings it.
class StandaloneLoop::Doorbell
{
public:
    Doorbell()
    {
#ifdef Q_OS_LINUX
        m_ends[0] = m_ends[1] = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        const bool isOpen = m_ends[0] >= 0;
#else
        const bool isOpen = ::pipe(m_ends.data()) == 0;
        for (const int end : m_ends) {
            ::fcntl(end, F_SETFD, FD_CLOEXEC);
            ::fcntl(end, F_SETFL, O_NONBLOCK);
        }
#endif
        if (!isOpen) {
            throw Error(QStringLiteral("The loop has no descriptor to be woken by: %1")
                                .arg(QString::fromLocal8Bit(std::strerror(errno))),
                        QStringLiteral("heddle::StandaloneLoop"),
                        QStringLiteral("Close descriptors, or allow more"));
        }
    }
    ~Doorbell()
    {
        ::close(m_ends[0]);
        if (m_ends[1] != m_ends[0])
            ::close(m_ends[1]);
    }
    Doorbell(const Doorbell &) = delete;
    Doorbell &operator=(const Doorbell &) = delete;

    void ring() noexcept
    {
        const quint64 once = 1;
        // A full pipe or counter rings too.
        [[maybe_unused]] const auto written = ::write(m_ends[1], &once, sizeof once);
    }
    void silence() noexcept
    {
        quint64 times = 0;
        // One reading empties a counter, not a pipe.
        while (::read(m_ends[0], &times, sizeof times) > 0 && m_ends[0] != m_ends[1]) {
        }
    }
    [[nodiscard]] int descriptor() const
    {
        return m_ends[0];
    }

private:
    std::array<int, 2> m_ends{-1, -1};
};

StandaloneLoop::StandaloneLoop(std::string_view name)
    : EventLoop(name)
    , m_doorbell(std::make_unique<Doorbell>())
{}

StandaloneLoop::~StandaloneLoop()
{
    endTasks();
}

void StandaloneLoop::run()
{
    checkThread("StandaloneLoop::run");
    runUntil([] { return false; });
}

void StandaloneLoop::stop()
{
    callSoonThreadSafe([this] { m_stopRequested = true; });
}

void StandaloneLoop::wakeUp() noexcept
{
    m_doorbell->ring();
}

void StandaloneLoop::runUntil(const std::function<bool()> &isOver)
{
    checkNoneRuns("StandaloneLoop::run");
    m_stopRequested = false;
    while (!isOver()) {
        takeTurn();
        if (m_stopRequested)
            return;
        if (!isOver() && (!hasReady() || !watches().empty()))
            waitForWork(!hasReady());
    }
}

void StandaloneLoop::waitForWork(bool mayBlock)
{
    timespec limit{0, 0};
    const timespec *timeout = &limit;
    if (mayBlock && inbox().sleep()) {
        const std::optional<Clock::time_point> due = nextDue();
        if (!due) {
            timeout = nullptr;
        } else if (const auto rest = *due - Clock::now(); rest.count() > 0) {
            using namespace std::chrono;
            limit.tv_sec = duration_cast<seconds>(rest).count();
            limit.tv_nsec = duration_cast<nanoseconds>(rest % seconds(1)).count();
        }
    } else if (watches().empty()) {
        return;
    }
    // Those that are told go from the list, and coroutines that go on later add theirs.
    const std::vector<DescriptorWatch *> watched = watches();
    std::vector<pollfd> polled{{m_doorbell->descriptor(), POLLIN, 0}};
    for (const DescriptorWatch *watch : watched) {
        const bool isRead = watch->direction() == DescriptorWatch::Direction::Read;
        polled.push_back({static_cast<int>(watch->descriptor()),
                          static_cast<short>(isRead ? POLLIN : POLLOUT), 0});
    }
#ifdef Q_OS_LINUX
    const int ready = ::ppoll(polled.data(), polled.size(), timeout, nullptr);
#else
    // Rounded up: a timer is never early.
    const int milliseconds = timeout ? static_cast<int>(std::min<qint64>(
                                     limit.tv_sec * 1000 + (limit.tv_nsec + 999'999) / 1'000'000,
                                     INT_MAX))
                                     : -1;
    const int ready = ::poll(polled.data(), polled.size(), milliseconds);
#endif
    if (ready <= 0)
        return;
    if (polled[0].revents != 0)
        m_doorbell->silence();
    for (std::size_t k = 0; k < watched.size(); ++k) {
        if (polled[k + 1].revents != 0)
            tell(*watched[k]);
    }
}

} // namespace heddle
