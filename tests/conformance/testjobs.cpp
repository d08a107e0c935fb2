// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/error.h>
#include <heddle/tasks/jobs.h>

#include <QCoreApplication>
#include <QObject>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <csignal>
#include <sys/socket.h>
#include <unistd.h>

using namespace heddle;

// Jobs as they should be, and as they should not.
class TestJobs : public QObject, public JobLibrary
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID HEDDLE_JOBS_IID)
    Q_INTERFACES(heddle::JobLibrary)

    // For every socket of the process: there is but one.
    template <typename Action>
    static void onSockets(Action action)
    {
        for (int descriptor = 3; descriptor < 64; ++descriptor) {
            int type = 0;
            socklen_t size = sizeof(type);
            if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0)
                action(descriptor);
        }
    }
    [[noreturn]] static void stay()
    {
        while (true)
            ::pause();
    }

public:
    void exportJobs(JobRegistry &registry) override
    {
        const auto add = [&registry](const char *name, Job job) {
            registry.add(QString::fromLatin1(name), std::move(job));
        };
        add("reverse", [](const QByteArray &argument) {
            QByteArray result = argument;
            std::reverse(result.begin(), result.end());
            return result;
        });
        add("pid", [](const QByteArray &) {
            return QByteArray::number(QCoreApplication::applicationPid());
        });
        add("zeros", [](const QByteArray &count) { return QByteArray(count.toLongLong(), '\0'); });
        add("throw", [](const QByteArray &argument) -> QByteArray {
            throw std::runtime_error(argument.toStdString());
        });
        add("throw an error", [](const QByteArray &) -> QByteArray {
            throw Error(QStringLiteral("It went wrong"), QStringLiteral("here"),
                        QStringLiteral("Do better"));
        });
        add("throw a number", [](const QByteArray &) -> QByteArray { throw 5; });
        add("signal", [](const QByteArray &number) -> QByteArray {
            std::signal(number.toInt(), SIG_DFL);
            ::kill(::getpid(), number.toInt());
            stay();
        });
        add("exit", [](const QByteArray &code) -> QByteArray { std::_Exit(code.toInt()); });
        add("stay", [](const QByteArray &file) -> QByteArray {
            if (std::FILE *mark = std::fopen(file.constData(), "w")) {
                std::fprintf(mark, "%d\n", int(::getpid()));
                std::fclose(mark);
            }
            stay();
        });
        add("leave a child behind", [](const QByteArray &) {
            const pid_t child = ::fork();
            if (child == 0)
                stay();
            return QByteArray::number(child);
        });
        add("print", [](const QByteArray &argument) {
            std::printf("printed %s\n", argument.constData());
            std::fprintf(stderr, "complained %s\n", argument.constData());
            return QByteArray();
        });
        add("babble", [](const QByteArray &) -> QByteArray {
            onSockets([](int descriptor) {
                (void)!::write(descriptor, "this is no message at all", 25);
            });
            stay();
        });
        add("go deaf", [](const QByteArray &) -> QByteArray {
            onSockets([](int descriptor) { ::shutdown(descriptor, SHUT_RDWR); });
            stay();
        });
        add("environment", [](const QByteArray &name) { return qgetenv(name.constData()); });
    }
};

#include "testjobs.moc"
