// SPDX-License-Identifier: Apache-2.0
#include "interrupt.h"

#include "command.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace heddle::cli {

namespace {
// A handler may do next to nothing but write, so a thread listens at the other end.
int pipeEnds[2] = {-1, -1};

enum Byte : char { End = 0, Signal = 1 };

void onSignal(int)
{
    const int error = errno;
    const char byte = Signal;
    [[maybe_unused]] const ssize_t written = ::write(pipeEnds[1], &byte, 1);
    errno = error;
}
} // namespace

Interrupt::Interrupt()
{
    if (::pipe2(pipeEnds, O_CLOEXEC) != 0)
        return;
    ::fcntl(pipeEnds[1], F_SETFL, O_NONBLOCK); // a handler must not wait
    m_listener = std::thread([this] { listen(); });
    std::signal(SIGINT, onSignal);
    std::signal(SIGTERM, onSignal);
    std::signal(SIGHUP, onSignal); // the terminal was closed: what was recorded is still written
}

Interrupt::~Interrupt()
{
    if (!m_listener.joinable())
        return;
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGHUP, SIG_DFL);
    ::fcntl(pipeEnds[1], F_SETFL, 0);
    const char byte = End;
    [[maybe_unused]] const ssize_t written = ::write(pipeEnds[1], &byte, 1);
    m_listener.join();
    ::close(pipeEnds[0]);
    ::close(pipeEnds[1]);
}

std::stop_token Interrupt::next()
{
    const std::lock_guard lock(m_mutex);
    m_next = std::stop_source();
    return m_next.get_token();
}

void Interrupt::listen()
{
    char byte = End;
    while (true) {
        const ssize_t count = ::read(pipeEnds[0], &byte, 1);
        if (count < 0 && errno == EINTR)
            continue;
        if (count != 1 || byte == End)
            return;
        const int times = ++m_times;
        {
            const std::lock_guard lock(m_mutex);
            if (m_next.stop_requested())
                std::_Exit(Interrupted);
            m_next.request_stop();
        }
        QMetaObject::invokeMethod(
                this, [this, times] { Q_EMIT requested(times); }, Qt::QueuedConnection);
    }
}

} // namespace heddle::cli
