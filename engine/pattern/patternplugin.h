// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/pattern/runcontext.h>

#include <QtPlugin>

#include <memory>

namespace heddle {

/// One run of a concurrency pattern.
///
/// run() is called once, in a worker thread of the run's process (not in the main thread, whose
/// event loop is running). It starts whatever threads it needs, returns when it is done or when it
/// was asked to stop, and leaves none behind. It throws heddle::Error for what the user must know.
class Pattern
{
public:
    virtual ~Pattern() = default;
    /// Does the work. Blocks until it is done or \a context asks to stop.
    virtual void run(RunContext &context) = 0;
};

/// The root object of a pattern plugin.
///
/// A plugin is a Qt plugin whose metadata describe it completely, so that it can be listed without
/// running its code. docs/plugins.md walks through a whole one.
///
/// \code
/// class SleepyPlugin : public QObject, public heddle::PatternPlugin
/// {
///     Q_OBJECT
///     Q_PLUGIN_METADATA(IID HEDDLE_PATTERN_IID FILE "sleepy.json")
///     Q_INTERFACES(heddle::PatternPlugin)
/// public:
///     std::unique_ptr<heddle::Pattern> create() const override { return
///     std::make_unique<Sleepy>(); }
/// };
/// \endcode
class PatternPlugin
{
public:
    virtual ~PatternPlugin() = default;
    /// A new pattern, to be run once. Any thread; never blocks.
    [[nodiscard]] virtual std::unique_ptr<Pattern> create() const = 0;
};

} // namespace heddle

#define HEDDLE_PATTERN_IID "org.heddle.Pattern/1"
Q_DECLARE_INTERFACE(heddle::PatternPlugin, HEDDLE_PATTERN_IID)
