// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/coroutinereport.h>

#include <QTest>

#include <vector>

// QVERIFY and QCOMPARE for coroutines, which cannot return.
#define CO_VERIFY(statement)                                                                       \
    do {                                                                                           \
        if (!QTest::qVerify(static_cast<bool>(statement), #statement, "", __FILE__, __LINE__))     \
            co_return;                                                                             \
    } while (false)
#define CO_COMPARE(actual, expected)                                                               \
    do {                                                                                           \
        if (!QTest::qCompare(actual, expected, #actual, #expected, __FILE__, __LINE__))            \
            co_return;                                                                             \
    } while (false)

// The reports made while this lives.
struct Reports
{
    mutable std::vector<heddle::CoroutineReport> seen;
    heddle::CoroutineReportHandler previous = heddle::setCoroutineReportHandler(
            [this](const heddle::CoroutineReport &report) { seen.push_back(report); });

    Reports() = default;
    ~Reports() { heddle::setCoroutineReportHandler(previous); }
    Reports(const Reports &) = delete;
    Reports &operator=(const Reports &) = delete;

    [[nodiscard]] int count(heddle::CoroutineReport::Kind kind) const
    {
        int found = 0;
        for (const heddle::CoroutineReport &report : seen)
            found += report.kind == kind ? 1 : 0;
        return found;
    }
};
