// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/trace/object.h>

#include <QThreadStorage>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

namespace heddle {

/// A value of its own for each thread, built by a factory at the thread's first use.
///
/// As Python's threading.local with a constructor, on top of QThreadStorage: destroyed at its
/// thread's end, in that thread (pool threads too), or, for the thread that destroys the storage,
/// with it. A factory that throws leaves nothing behind and runs again at the next use; one that
/// uses its own storage is an error.
///
/// Trace: an object of kind storage whose counter is the number of threads that have a value.
/// Threads: any; each reaches its own value only. Never blocks but in the factory. The storage must
/// outlive the threads that use it (as QThreadStorage demands).
template <typename T>
class ThreadStorage
{
public:
    using Factory = std::function<std::unique_ptr<T>()>;

    explicit ThreadStorage(
            std::string_view name, Factory factory = [] { return std::make_unique<T>(); })
        : m_shared(std::make_shared<Shared>(name))
        , m_factory(std::move(factory))
    {}
    ThreadStorage(const ThreadStorage &) = delete;
    ThreadStorage &operator=(const ThreadStorage &) = delete;

    /// The calling thread's value. \throws Error when the factory asks for it while it builds it.
    [[nodiscard]] T &local()
    {
        if (!m_slots.hasLocalData())
            m_slots.setLocalData(new Slot(m_shared));
        Slot *slot = m_slots.localData();
        if (!slot->value)
            slot->build(m_factory);
        return *slot->value;
    }
    T &operator*() { return local(); }
    T *operator->() { return &local(); }

    /// Whether the calling thread has a value.
    [[nodiscard]] bool hasLocal() const
    {
        return m_slots.hasLocalData() && m_slots.localData()->value;
    }
    /// Destroys the calling thread's value; the next use builds a new one.
    void reset()
    {
        if (hasLocal())
            m_slots.localData()->destroy();
    }
    /// How many threads have a value: a snapshot.
    [[nodiscard]] int threadCount() const { return m_shared->count.load(); }
    [[nodiscard]] const trace::Object &object() const { return m_shared->object; }

private:
    struct Shared
    {
        explicit Shared(std::string_view name)
            : object(trace::ObjectKind::Storage, name)
        {}
        void add(int change)
        {
            const std::lock_guard lock(mutex);
            object.count(count.fetch_add(change) + change);
        }

        trace::Object object;
        std::mutex mutex; ///< the counter tells the changes in the order in which they happen
        std::atomic<int> count{0};
    };
    struct Slot
    {
        explicit Slot(std::shared_ptr<Shared> owner)
            : shared(std::move(owner))
        {}
        ~Slot() { destroy(); }

        void build(const Factory &factory)
        {
            if (building) {
                throw Error(
                        QStringLiteral("The factory uses the storage that it builds a value for"),
                        QString::fromUtf8(shared->object.name().text()),
                        QStringLiteral("Build the value without it"));
            }
            building = true;
            struct Done
            {
                bool &flag;
                ~Done() { flag = false; }
            } const done{building};
            value = factory();
            if (!value) {
                throw Error(QStringLiteral("The factory built no value"),
                            QString::fromUtf8(shared->object.name().text()),
                            QStringLiteral("Return one, or throw"));
            }
            shared->add(1);
        }
        void destroy()
        {
            if (value) {
                value.reset();
                shared->add(-1);
            }
        }

        std::shared_ptr<Shared> shared;
        std::unique_ptr<T> value;
        bool building = false;
    };

    std::shared_ptr<Shared> m_shared;
    Factory m_factory;
    mutable QThreadStorage<Slot *> m_slots;
};

} // namespace heddle
