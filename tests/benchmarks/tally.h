// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtGlobal>

namespace heddle::benchmarks {

/// Counts what is done in many threads for one who waits until all is, without a word that they
/// share: the count costs as little as a thread's own.
class Tally
{
public:
    /// From a thread that does the work.
    static void count();
    /// Blocks until count() was called so many times since construction.
    void waitFor(qint64 times) const;

private:
    static qint64 sum();
    qint64 m_before = sum();
};

} // namespace heddle::benchmarks
