// SPDX-License-Identifier: Apache-2.0
#include "corpus.h"

#include <heddle/core/error.h>

#include <QDirIterator>
#include <QFile>

#include <algorithm>
#include <cmath>

namespace {
constexpr int WordsPerFile = 3000;
constexpr int MostWordsPerFile = 400'000;

// Words of two to five syllables; short ones come more often, as in a language.
QByteArray makeWord(std::mt19937_64 &random)
{
    static constexpr const char *syllables[] = {"ka", "to", "mi", "ren", "sol", "va",
                                                "li", "do", "ne", "shu", "pra", "tem",
                                                "or", "es", "wa", "fil"};
    QByteArray word;
    const int count = 1 + static_cast<int>(std::min(random() % 4, random() % 4));
    for (int k = 0; k < count; ++k)
        word += syllables[random() % std::size(syllables)];
    return word;
}
} // namespace

Corpus Corpus::ofFolder(const QString &folder, qsizetype most)
{
    Corpus corpus;
    static const QStringList suffixes{"*.txt", "*.md",   "*.rst", "*.h",    "*.hpp",
                                      "*.c",   "*.cpp",  "*.py",  "*.java", "*.html",
                                      "*.xml", "*.json", "*.csv", "*.log"};
    QDirIterator files(folder, suffixes, QDir::Files | QDir::Readable,
                       QDirIterator::Subdirectories);
    while (files.hasNext() && corpus.m_paths.size() < most)
        corpus.m_paths << files.next();
    if (corpus.m_paths.isEmpty()) {
        throw heddle::Error(
                QStringLiteral("There are no text files in the folder '%1'").arg(folder),
                QStringLiteral("parameter 'folder'"),
                QStringLiteral("Choose another, or leave it empty to have files made"));
    }
    corpus.m_paths.sort();
    return corpus;
}

Corpus Corpus::make(std::mt19937_64 random, qsizetype files, double skew)
{
    Corpus corpus;
    corpus.m_folder = std::make_shared<QTemporaryDir>();
    std::uniform_real_distribution<double> uniform(0.02, 1.0);
    for (qsizetype number = 0; number < files; ++number) {
        // A power of a uniform number: the larger the exponent, the rarer and larger the large
        // ones.
        const double factor = skew > 0 ? std::pow(1.0 / uniform(random), skew) : 1.0;
        const int words = std::min(MostWordsPerFile, static_cast<int>(WordsPerFile * factor));
        QByteArray text;
        for (int k = 0; k < words; ++k) {
            text += makeWord(random);
            text += k % 12 == 11 ? '\n' : ' ';
        }
        QFile file(corpus.m_folder->filePath(
                QStringLiteral("text-%1.txt").arg(number, 6, 10, QLatin1Char('0'))));
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) {
            throw heddle::Error(
                    QStringLiteral("A text file cannot be written: %1").arg(file.errorString()),
                    file.fileName(), QStringLiteral("Free some disk space"));
        }
        corpus.m_paths << file.fileName();
    }
    return corpus;
}
