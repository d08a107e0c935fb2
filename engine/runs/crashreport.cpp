// SPDX-License-Identifier: Apache-2.0
#include "crashreport_p.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>

#if defined(Q_OS_LINUX)
#    include <execinfo.h>
#    include <sys/resource.h>
#    include <sys/syscall.h>
#    include <unistd.h>
#endif

namespace heddle {

namespace {

std::atomic<bool> exitAllowed{false};

#if defined(Q_OS_LINUX)
constexpr int HandledSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr int MostFrames = 48;
constexpr unsigned BacktraceSeconds = 2;
constexpr std::size_t CrashStackBytes = 64 * 1024;

// Only functions that are safe in a signal handler from here on; backtrace() is, once it has been
// called before (it loads a library the first time).
void writeText(const char *text)
{
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, std::strlen(text));
}

void writeNumber(int number)
{
    char digits[16];
    int at = sizeof(digits) - 1;
    digits[at] = 0;
    do {
        digits[--at] = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number > 0);
    writeText(digits + at);
}

void writeBacktrace()
{
    void *frames[MostFrames];
    const int count = ::backtrace(frames, MostFrames);
    // backtrace_symbols_fd() writes one line per frame and cannot put a prefix before it.
    writeText("\n");
    writeText(CrashLinePrefix);
    writeText("frames\n");
    ::backtrace_symbols_fd(frames, count, STDERR_FILENO);
    writeText(CrashLinePrefix);
    writeText("end\n");
}

void onSignal(int number)
{
    writeText("\n");
    writeText(CrashLinePrefix);
    writeText("signal ");
    writeNumber(number);
    writeText("\n");
    writeText(CrashLinePrefix);
    writeText("thread ");
    writeNumber(static_cast<int>(::syscall(SYS_gettid)));
    // The loader's lock may be held where it happened; then the frames never come.
    std::signal(SIGALRM, SIG_DFL);
    ::alarm(BacktraceSeconds);
    writeBacktrace();
    ::alarm(0);
    // The default action is back (SA_RESETHAND): this time it ends the process.
    ::raise(number);
}

void onExit(int code, void *)
{
    if (exitAllowed)
        return;
    writeText("\n");
    writeText(CrashLinePrefix);
    writeText("exit ");
    writeNumber(code);
    writeBacktrace();
    // Destructors of a program whose threads are still running would only hide what happened.
    ::_exit(code);
}

void installSignalHandlers()
{
    void *frames[1];
    ::backtrace(frames, 1);
    static const CrashStack stack;
    struct sigaction action = {};
    action.sa_handler = onSignal;
    action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND) | SA_NODEFER;
    for (int number : HandledSignals)
        ::sigaction(number, &action, nullptr);
    const rlimit none = {0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::on_exit(onExit, nullptr);
}
#endif

} // namespace

void installCrashReport()
{
#if defined(Q_OS_LINUX)
    installSignalHandlers();
#endif
}

#if defined(Q_OS_LINUX)
CrashStack::CrashStack()
    : m_memory(std::make_unique<char[]>(CrashStackBytes))
{
    stack_t alternate = {};
    alternate.ss_sp = m_memory.get();
    alternate.ss_size = CrashStackBytes;
    ::sigaltstack(&alternate, nullptr);
}

CrashStack::~CrashStack()
{
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
}
#else
CrashStack::CrashStack() = default;
CrashStack::~CrashStack() = default;
#endif

void allowExit()
{
    exitAllowed = true;
}

QString signalText(int number)
{
    switch (number) {
    case SIGSEGV:
        return QStringLiteral("SIGSEGV (invalid memory access)");
    case SIGABRT:
        return QStringLiteral("SIGABRT (abort() was called)");
    case SIGFPE:
        return QStringLiteral("SIGFPE (invalid arithmetic, such as a division by zero)");
    case SIGILL:
        return QStringLiteral("SIGILL (invalid instruction)");
#if defined(Q_OS_UNIX)
    case SIGBUS:
        return QStringLiteral("SIGBUS (memory that is not there)");
    case SIGKILL:
        return QStringLiteral("SIGKILL (killed from outside, perhaps for want of memory)");
    case SIGTERM:
        return QStringLiteral("SIGTERM (ended from outside)");
#endif
    default:
        return QStringLiteral("signal %1").arg(number);
    }
}

} // namespace heddle
