// SPDX-License-Identifier: Apache-2.0
#include "linebudget_p.h"

namespace heddle {

QStringList LineBudget::admit(const QString &line, Clock::time_point now)
{
    if (m_inSecond == 0 || now - m_second >= std::chrono::seconds(1)) {
        m_second = now;
        m_inSecond = 0;
    }
    if (m_inSecond >= m_mostPerSecond || m_inAll >= m_mostInAll) {
        ++m_leftOut;
        return {};
    }
    QStringList lines = finish();
    ++m_inSecond;
    lines << line.left(LongestLine);
    if (++m_inAll == m_mostInAll) {
        lines << QStringLiteral("These were %1 lines: what follows is left out.").arg(m_mostInAll);
    }
    return lines;
}

QStringList LineBudget::finish()
{
    if (m_leftOut == 0)
        return {};
    const qint64 leftOut = m_leftOut;
    m_leftOut = 0;
    return {QStringLiteral("%1 lines were left out: no more than %2 a second are kept.")
                    .arg(leftOut)
                    .arg(m_mostPerSecond)};
}

} // namespace heddle
