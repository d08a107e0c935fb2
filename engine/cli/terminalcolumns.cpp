// SPDX-License-Identifier: Apache-2.0
#include "terminalcolumns.h"

#include <QList>

#include <algorithm>
#include <array>

namespace heddle::cli {

namespace {

struct Range
{
    char32_t first;
    char32_t last;
};

// Blocks of width W or F in Unicode's EastAsianWidth.txt, rounded to whole blocks. The C library's
// wcwidth() knows them only in a UTF-8 locale.
constexpr std::array<Range, 14> WideRanges{{{0x1100, 0x115f},
                                            {0x2e80, 0x303e},
                                            {0x3041, 0x33ff},
                                            {0x3400, 0x4dbf},
                                            {0x4e00, 0x9fff},
                                            {0xa000, 0xa4cf},
                                            {0xa960, 0xa97f},
                                            {0xac00, 0xd7a3},
                                            {0xf900, 0xfaff},
                                            {0xfe30, 0xfe6f},
                                            {0xff00, 0xff60},
                                            {0xffe0, 0xffe6},
                                            {0x1f300, 0x1faff},
                                            {0x20000, 0x3fffd}}};

bool isWide(char32_t character)
{
    return std::any_of(WideRanges.begin(), WideRanges.end(), [character](const Range &range) {
        return character >= range.first && character <= range.last;
    });
}

bool isJoined(char32_t character)
{
    switch (QChar::category(character)) {
    case QChar::Mark_NonSpacing:
    case QChar::Mark_Enclosing:
    case QChar::Other_Format:
        return true;
    default:
        return false;
    }
}

} // namespace

qsizetype terminalColumns(const QString &text)
{
    qsizetype columns = 0;
    for (const uint character : text.toUcs4()) {
        if (!isJoined(character))
            columns += isWide(character) ? 2 : 1;
    }
    return columns;
}

} // namespace heddle::cli
