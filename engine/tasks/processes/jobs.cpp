// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/jobs.h>

#include <heddle/core/error.h>

#include <utility>

namespace heddle {

JobRegistry &JobRegistry::ofProcess()
{
    // Never destroyed: a job may still run when the process exits.
    static auto *registry = new JobRegistry;
    return *registry;
}

void JobRegistry::add(const QString &name, Job job)
{
    if (name.isEmpty() || !job) {
        throw Misuse(QStringLiteral("A job has a name and a function"),
                     QStringLiteral("JobRegistry::add"));
    }
    const std::lock_guard lock(m_mutex);
    if (!m_jobs.emplace(name, std::move(job)).second) {
        throw Misuse(QStringLiteral("There is a job called %1 already").arg(name),
                     QStringLiteral("JobRegistry::add"),
                     QStringLiteral("Give each job a name of its own"));
    }
}

std::optional<Job> JobRegistry::find(const QString &name) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_jobs.find(name);
    if (found == m_jobs.end())
        return std::nullopt;
    return found->second;
}

QStringList JobRegistry::names() const
{
    const std::lock_guard lock(m_mutex);
    QStringList names;
    for (const auto &[name, job] : m_jobs)
        names << name;
    return names;
}

} // namespace heddle
