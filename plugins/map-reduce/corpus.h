// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>
#include <QTemporaryDir>

#include <memory>
#include <random>
#include <stop_token>

/// The text files that are counted: of a folder, or made from a seed in a temporary one that goes
/// with the corpus.
class Corpus
{
public:
    /// \throws heddle::Error when the folder holds no readable text file.
    static Corpus ofFolder(const QString &folder, qsizetype most);
    /// \a skew 0 makes all alike; larger makes a few much larger. The first is \a first times as
    /// large as it would be. A \a stop leaves it at fewer files. Blocks. \throws heddle::Error on a
    /// full disk.
    static Corpus make(std::mt19937_64 random, qsizetype files, double skew, double first,
                       std::stop_token stop);

    [[nodiscard]] const QStringList &paths() const { return m_paths; }

private:
    QStringList m_paths;
    std::shared_ptr<QTemporaryDir> m_folder;
};
