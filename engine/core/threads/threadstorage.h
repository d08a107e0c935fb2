// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/core/threadslots.h>
#include <heddle/trace/object.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <type_traits>
#include <utility>

namespace heddle {

/// A value of its own for each thread, built by a factory at the thread's first use.
///
/// As Python's threading.local with a constructor, on top of QThreadStorage: destroyed at its
/// thread's end, in that thread (pool threads too), or, for the thread that destroys the storage,
/// with it. What other threads hold of a destroyed storage is out of reach at once and dies in
/// them, at the latest at their end. A factory that throws leaves nothing behind and runs again at
/// the next use; a value that uses its own storage while it is built or destroyed is an error.
///
/// A value's destructor belongs to the code that declared the storage: a plugin that is unloaded
/// must not leave values behind in threads that go on, so it ends those threads first, or has each
/// of them reset() the storage.
///
/// Trace: an object of kind storage whose counter is the number of threads that have a value.
/// Threads: any; each reaches its own value only. Never blocks but in the factory. Cost: local()
/// reads three words of the thread's own, without a call.
template <typename T>
class ThreadStorage
{
public:
    /// Builds a thread's value.
    using Factory = std::function<std::unique_ptr<T>()>;

    /// No thread has a value yet; \a factory builds each.
    explicit ThreadStorage(
            std::string_view name, Factory factory = [] { return std::make_unique<T>(); })
        : m_shared(std::make_shared<Shared>(name))
        , m_factory(std::move(factory))
    {}
    ~ThreadStorage() { ThreadSlots::remove(m_place); }
    ThreadStorage(const ThreadStorage &) = delete;
    ThreadStorage &operator=(const ThreadStorage &) = delete;

    /// The calling thread's value; built if there is none. \throws Misuse when it is just being
    /// built or destroyed, and what the factory throws.
    [[nodiscard]] T &local()
    {
        if (void *value = ThreadSlots::value(m_place)) [[likely]]
            return *static_cast<T *>(value);
        return built();
    }
    /// local()
    T &operator*() { return local(); }
    /// local()
    T *operator->() { return &local(); }

    /// Whether the calling thread has a value.
    [[nodiscard]] bool hasLocal() const
    {
        const Slot *slot = find();
        return slot && slot->hasValue();
    }
    /// Destroys the calling thread's value; the next use builds a new one.
    void reset()
    {
        if (Slot *slot = find()) {
            ThreadSlots::setValue(m_place, nullptr);
            slot->clear();
        }
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
    struct Slot final : ThreadSlots::Slot
    {
        explicit Slot(std::shared_ptr<Shared> owner)
            : shared(std::move(owner))
        {}
        ~Slot() override { clear(); }

        bool hasValue() const override { return value != nullptr; }
        void build(const Factory &factory)
        {
            if (changing) {
                throw Misuse(QStringLiteral("A storage is used by the value that it builds or "
                                            "destroys"),
                             name(), QStringLiteral("Build and destroy the value without it"));
            }
            const Change change(*this);
            value = factory();
            if (!value) {
                throw Misuse(QStringLiteral("The factory built no value"), name(),
                             QStringLiteral("Return one, or throw"));
            }
            shared->add(1);
        }
        void clear() override
        {
            if (!value)
                return;
            const Change change(*this);
            std::exchange(value, nullptr).reset();
            shared->add(-1);
        }
        QString name() const { return QString::fromUtf8(shared->object.name().text()); }

        struct Change
        {
            explicit Change(Slot &slot)
                : flag(slot.changing)
            {
                flag = true;
            }
            ~Change() { flag = false; }
            Change(const Change &) = delete;
            Change &operator=(const Change &) = delete;

            bool &flag;
        };

        std::shared_ptr<Shared> shared;
        std::unique_ptr<T> value;
        bool changing = false; ///< the value is being built or destroyed
    };

    Slot *find() const { return static_cast<Slot *>(ThreadSlots::find(m_place)); }
    T &built()
    {
        Slot *slot = find();
        if (!slot)
            slot = static_cast<Slot *>(ThreadSlots::add(m_place, std::make_unique<Slot>(m_shared)));
        if (!slot->value)
            slot->build(m_factory);
        ThreadSlots::setValue(m_place, const_cast<std::remove_const_t<T> *>(slot->value.get()));
        return *slot->value;
    }

    std::shared_ptr<Shared> m_shared;
    Factory m_factory;
    ThreadSlots::Place m_place;
};

} // namespace heddle
