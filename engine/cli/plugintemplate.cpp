// SPDX-License-Identifier: Apache-2.0
#include "plugintemplate.h"

namespace heddle::cli {

namespace {

const char Cmake[] = R"(cmake_minimum_required(VERSION 3.25)
project(@NAME@ LANGUAGES CXX)
find_package(Heddle REQUIRED)
heddle_add_pattern(@NAME@ @FILE@.cpp)
)";

const char Metadata[] = R"({
    "id": "@NAME@",
    "version": "0.1.0",
    "name": { "en": "@CLASS@" },
    "summary": { "en": "One thread hands numbers to another." },
    "mechanism": "threads",
    "tags": ["queue"],
    "parameters": {
        "type": "object",
        "properties": {
            "items": {
                "type": "integer", "minimum": 1, "maximum": 100000, "default": 20,
                "title": "Items", "description": "How many numbers are handed over."
            }
        }
    },
    "results": [{ "id": "sum", "name": { "en": "Sum of the numbers" }, "unit": "" }],
    "invariants": [{ "id": "sum-is-right", "description": { "en": "No number is lost or doubled." } }]
}
)";

const char Source[] = R"(#include <heddle/patternplugin.h>
#include <heddle/queue.h>
#include <heddle/slice.h>
#include <heddle/thread.h>

#include <QObject>

namespace {

class @CLASS@ : public heddle::Pattern
{
public:
    void run(heddle::RunContext &context) override
    {
        const qint64 items = context.parameters().integer("items");
        heddle::Queue<qint64> numbers("numbers", 4);
        heddle::Thread producer("producer", [&] {
            for (qint64 item = 1; item <= items; ++item) {
                HEDDLE_SLICE("produce");
                if (!context.pause(std::chrono::milliseconds(5)))
                    break;
                numbers.put(item, context.stopToken());
            }
            numbers.shutDown();
        });
        qint64 sum = 0;
        std::optional<qint64> item;
        while (numbers.getFor(item, std::chrono::hours(1), context.stopToken())
               == heddle::Outcome::Done) {
            HEDDLE_SLICE("consume");
            sum += *item;
        }
        producer.join();
        context.result("sum", sum);
        if (!context.stopRequested())
            context.invariant("sum-is-right", sum == items * (items + 1) / 2, QString::number(sum));
    }
};

class @CLASS@Plugin : public QObject, public heddle::PatternPlugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID HEDDLE_PATTERN_IID FILE "@NAME@.json")
    Q_INTERFACES(heddle::PatternPlugin)
public:
    std::unique_ptr<heddle::Pattern> create() const override { return std::make_unique<@CLASS@>(); }
};

} // namespace

#include "@FILE@.moc"
)";

const char Lesson[] = R"(# @CLASS@

**What it is.** One thread hands numbers to another through a bounded queue.

**Predict.** Which thread waits, and for what?

**Look.** The arrows lead from each put to its get; the wait's panel names who ended it.
)";

} // namespace

QList<TemplateFile> pluginTemplate(const QString &name)
{
    QString className;
    for (const QString &word : name.split(QLatin1Char('-')))
        className += word.left(1).toUpper() + word.mid(1);
    QString fileName = name;
    fileName.remove(QLatin1Char('-'));
    const auto fill = [&](const char *text) {
        return QString::fromUtf8(text)
                .replace(QStringLiteral("@NAME@"), name)
                .replace(QStringLiteral("@CLASS@"), className)
                .replace(QStringLiteral("@FILE@"), fileName);
    };
    return {{QStringLiteral("CMakeLists.txt"), fill(Cmake)},
            {name + QStringLiteral(".json"), fill(Metadata)},
            {fileName + QStringLiteral(".cpp"), fill(Source)},
            {QStringLiteral("lesson.md"), fill(Lesson)}};
}

} // namespace heddle::cli
