// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtGlobal>

class QObject;

namespace heddle {

/// A file descriptor that a loop waits for on an awaiter's behalf. Threads: the loop's.
class DescriptorWatch
{
public:
    enum class Direction : quint8 { Read, Write };

    DescriptorWatch(const DescriptorWatch &) = delete;
    DescriptorWatch &operator=(const DescriptorWatch &) = delete;

    [[nodiscard]] qintptr descriptor() const { return m_descriptor; }
    [[nodiscard]] Direction direction() const { return m_direction; }

protected:
    DescriptorWatch(qintptr descriptor, Direction direction)
        : m_descriptor(descriptor)
        , m_direction(direction)
    {}
    virtual ~DescriptorWatch() = default;

    /// It can be read or written without blocking, or has an error to tell.
    virtual void descriptorReady() = 0;

private:
    friend class EventLoop;
    friend class QtEventLoop;
    friend class StandaloneLoop;
    const qintptr m_descriptor;
    const Direction m_direction;
    QObject *m_notifier = nullptr; ///< of a loop on Qt's
};

} // namespace heddle
