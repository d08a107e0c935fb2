// SPDX-License-Identifier: Apache-2.0
#include <heddle/trace/object.h>

#include "process_p.h"

namespace heddle::trace {

Object::Object(ObjectKind kind, std::string_view name, std::int64_t capacity)
    : m_id(0)
    , m_name(name)
{
    m_id = ProcessState::instance().objectCreated(kind, m_name, capacity);
}

Object::~Object()
{
    ProcessState::instance().objectDestroyed(m_id);
}

} // namespace heddle::trace
