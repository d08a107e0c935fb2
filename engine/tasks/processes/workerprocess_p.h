// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "processmessage_p.h"

#include <heddle/trace/object.h>

#include <QLocalSocket>
#include <QProcess>
#include <QTimer>

#include <chrono>
#include <memory>

namespace heddle {

struct ProcessOptions;
struct PendingJob;

/// How a worker process ended.
struct WorkerEnd
{
    QString what; ///< "died of signal 11 (SIGSEGV)"
    int signalNumber = 0;
    int exitCode = 0;
    bool wasTold = false; ///< the executor ended it
};

/// One child process with its connection. In the thread of its pool.
class WorkerProcess : public QObject
{
public:
    class Listener
    {
    public:
        virtual void workerReady(WorkerProcess &worker) = 0;
        virtual void workerAnswered(WorkerProcess &worker, const ProcessMessage &answer) = 0;
        virtual void workerPrinted(const WorkerProcess &worker, bool isError,
                                   const QString &line) = 0;
        /// The last call; the worker is dead.
        virtual void workerEnded(WorkerProcess &worker, const WorkerEnd &end) = 0;
        /// Nor will any other ever start.
        virtual void workerCannotStart(const QString &why) = 0;

    protected:
        ~Listener() = default;
    };

    WorkerProcess(Listener &listener, const QString &name, const ProcessOptions &options,
                  const QString &socketName);
    ~WorkerProcess() override;

    void start();
    /// Its \a socket, after its Hello; answers may be up to \a largest bytes long.
    void connected(std::unique_ptr<QLocalSocket> socket, qint64 largest);
    void send(const ProcessMessage &call);
    /// Ends the process at once; \a why, unless it was told to end.
    void kill(const QString &why = {});
    /// Lets the process end by itself, within a time.
    void close();

    [[nodiscard]] QString name() const { return m_name; }
    [[nodiscard]] const QString &token() const { return m_token; }
    [[nodiscard]] trace::ObjectId objectId() const { return m_object.id(); }
    [[nodiscard]] bool isStarting() const { return !m_wasReady && !m_isClosing; }
    [[nodiscard]] bool isClosing() const { return m_isClosing; }
    [[nodiscard]] bool hasFailedToStart() const
    {
        return m_process.error() == QProcess::FailedToStart;
    }
    [[nodiscard]] bool isReady() const { return m_wasReady && !m_isClosing && !m_isDeaf; }
    [[nodiscard]] bool isIdle() const { return isReady() && !job; }

    std::shared_ptr<PendingJob> job; ///< the one that it runs

private:
    void readAnswers();
    void readOutput(bool isError, bool all);
    void finished(int exitCode, QProcess::ExitStatus status);
    void killGroup() const;

    Listener &m_listener;
    const QString m_name;
    const QString m_token;
    trace::Object m_object;
    QProcess m_process;
    QTimer m_patience;
    std::unique_ptr<QLocalSocket> m_socket;
    std::unique_ptr<ProcessMessageReader> m_reader;
    QByteArray m_output;
    QByteArray m_errors;
    QString m_lastError; ///< the last line of its standard error
    QString m_why;
    qint64 m_processId = 0;
    bool m_wasReady = false;
    bool m_isClosing = false; ///< told to end
    bool m_isDeaf = false;
};

} // namespace heddle
