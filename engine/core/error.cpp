// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/error.h>

namespace heddle {

Error::Error(QString what, QString where, QString remedy)
    : m_message(std::move(what))
    , m_where(std::move(where))
    , m_remedy(std::move(remedy))
{
    QString text = m_message;
    if (!m_where.isEmpty())
        text += QStringLiteral(" (") + m_where + QLatin1Char(')');
    if (!m_remedy.isEmpty())
        text += QStringLiteral(". ") + m_remedy;
    m_text = text.toUtf8();
}

// Out of line, so that the type information is in one library and catching works across them.
Error::~Error() = default;
Misuse::~Misuse() = default;
ShutDown::~ShutDown() = default;
Stopped::~Stopped() = default;
TimedOut::~TimedOut() = default;
Broken::~Broken() = default;
Cancelled::~Cancelled() = default;

} // namespace heddle
