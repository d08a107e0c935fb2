// SPDX-License-Identifier: Apache-2.0
#include "corpus.h"

#include <heddle/core/error.h>

#include <QDirIterator>
#include <QFile>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {
constexpr int WordsPerFile = 20'000;
constexpr int MostWordsPerFile = 400'000;
constexpr std::size_t VocabularySize = 2000;

// Two to five syllables.
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

// A few words come often and most seldom, as in a language. A text that repeats its words gives
// the reduce little to do for much counting.
class Vocabulary
{
public:
    explicit Vocabulary(std::mt19937_64 &random)
    {
        for (std::size_t k = 0; k < VocabularySize; ++k)
            m_words.push_back(makeWord(random));
    }
    const QByteArray &next(std::mt19937_64 &random) const
    {
        const double share = std::uniform_real_distribution<double>(0, 1)(random);
        return m_words[static_cast<std::size_t>(share * share * share * VocabularySize)];
    }

private:
    std::vector<QByteArray> m_words;
};
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
                QStringLiteral("There are no readable text files in '%1'").arg(folder),
                QStringLiteral("Folder"),
                QStringLiteral("Choose another under Folder, or leave it empty to have files "
                               "made"));
    }
    corpus.m_paths.sort();
    return corpus;
}

Corpus Corpus::make(std::mt19937_64 random, qsizetype files, double skew, double first,
                    std::stop_token stop)
{
    Corpus corpus;
    corpus.m_folder = std::make_shared<QTemporaryDir>();
    const Vocabulary vocabulary(random);
    std::uniform_real_distribution<double> uniform(0.02, 1.0);
    for (qsizetype number = 0; number < files && !stop.stop_requested(); ++number) {
        // A power of a uniform number: the larger the exponent, the rarer and larger the large
        // ones.
        const double factor = (skew > 0 ? std::pow(1.0 / uniform(random), skew) : 1.0)
                              * (number == 0 ? first : 1.0);
        const int words = static_cast<int>(
                std::clamp(WordsPerFile * factor, 1.0, static_cast<double>(MostWordsPerFile)));
        QByteArray text;
        for (int k = 0; k < words; ++k) {
            text += vocabulary.next(random);
            text += k % 24 == 23 ? '\n' : ' ';
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
