// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/poolthreadname.h>

#include <heddle/trace/slice.h>

namespace heddle {

void PoolThreadName::apply()
{
    thread_local const PoolThreadName *namedBy = nullptr;
    if (namedBy == this)
        return;
    namedBy = this;
    trace::setThreadName(m_name + ' ' + std::to_string(m_threads.fetch_add(1) + 1));
}

} // namespace heddle
