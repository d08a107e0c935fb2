// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <QtPlugin>

#include <functional>
#include <map>
#include <mutex>
#include <optional>

namespace heddle {

/// A function that another process can be asked to run: argument and result are bytes.
using Job = std::function<QByteArray(const QByteArray &argument)>;

/// The jobs that this process can run, by name. Threads: any.
class HEDDLE_ENGINE_EXPORT JobRegistry
{
public:
    JobRegistry() = default;
    JobRegistry(const JobRegistry &) = delete;
    JobRegistry &operator=(const JobRegistry &) = delete;

    /// The one whose jobs a worker process runs.
    [[nodiscard]] static JobRegistry &ofProcess();

    /// \throws Misuse when \a name is taken or empty, or \a job is
    void add(const QString &name, Job job);
    /// The job of that name; empty if there is none.
    [[nodiscard]] std::optional<Job> find(const QString &name) const;
    /// All of them.
    [[nodiscard]] QStringList names() const;

private:
    mutable std::mutex m_mutex;
    std::map<QString, Job> m_jobs;
};

/// What a plugin with jobs implements. A worker process loads it and asks it once.
///
/// \code
/// class PictureJobs : public QObject, public heddle::JobLibrary
/// {
///     Q_OBJECT
///     Q_PLUGIN_METADATA(IID HEDDLE_JOBS_IID)
///     Q_INTERFACES(heddle::JobLibrary)
/// public:
///     void exportJobs(heddle::JobRegistry &registry) override
///     {
///         registry.add(QStringLiteral("scale"), [](const QByteArray &picture) { … });
///     }
/// };
/// \endcode
class JobLibrary
{
public:
    virtual ~JobLibrary() = default;
    /// Adds the jobs to \a registry.
    virtual void exportJobs(JobRegistry &registry) = 0;
};

} // namespace heddle

#define HEDDLE_JOBS_IID "org.heddle.Jobs/1"
Q_DECLARE_INTERFACE(heddle::JobLibrary, HEDDLE_JOBS_IID)
