// SPDX-License-Identifier: Apache-2.0
#include <heddle/trace/name.h>

#include "process_p.h"

namespace heddle::trace {

Name::Name(std::string_view text)
    : m_id(text.empty() ? 0 : ProcessState::instance().intern(text.substr(0, 0xffff)))
{}

std::string_view Name::text() const
{
    return m_id ? ProcessState::instance().text(m_id) : std::string_view();
}

} // namespace heddle::trace
