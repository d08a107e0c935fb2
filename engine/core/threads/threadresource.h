// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/core/threadstorage.h>

#include <utility>

namespace heddle {

/// Something that each thread opens for a while and has for itself: a connection, a transaction.
///
/// After the LazyConnection of the Python Cookbook (8.3, 12.6): open() makes one for the calling
/// thread, and the end of the scope destroys it. A thread that has it open cannot open it again;
/// two threads never share one.
///
/// Trace: as ThreadStorage, whose counter is the number of threads that have it open. Threads: any.
///
/// \code
/// heddle::ThreadResource<Connection> database("database", [] { return connect(); });
/// const auto connection = database.open();
/// connection->query(…);
/// \endcode
template <typename T>
class ThreadResource
{
public:
    /// Opens the resource.
    using Factory = typename ThreadStorage<T>::Factory;

    /// The time for which a thread has the resource open. Destroy it in the thread that opened it,
    /// before the resource. Move-only.
    class Scope
    {
    public:
        ~Scope()
        {
            if (m_storage)
                m_storage->reset();
        }
        /// Takes the time over.
        Scope(Scope &&other) noexcept
            : m_storage(std::exchange(other.m_storage, nullptr))
        {}
        Scope &operator=(Scope &&) = delete;

        /// The resource.
        T &operator*() const { return m_storage->local(); }
        /// The resource.
        T *operator->() const { return &m_storage->local(); }

    private:
        friend class ThreadResource;
        explicit Scope(ThreadStorage<T> &storage)
            : m_storage(&storage)
        {}

        ThreadStorage<T> *m_storage;
    };

    /// No thread has it open yet; \a factory opens it.
    explicit ThreadResource(
            std::string_view name, Factory factory = [] { return std::make_unique<T>(); })
        : m_storage(name, std::move(factory))
    {}

    /// Opens it for the calling thread. Never blocks but in the factory. \throws Misuse when this
    /// thread has it open, and what the factory throws; then it is not open.
    [[nodiscard]] Scope open()
    {
        if (m_storage.hasLocal()) {
            throw Misuse(QStringLiteral("This thread has it open already"),
                         QString::fromUtf8(m_storage.object().name().text()),
                         QStringLiteral("Use the one that is open, or end its scope first"));
        }
        static_cast<void>(m_storage.local());
        return Scope(m_storage);
    }
    /// Whether the calling thread has it open. Never blocks.
    [[nodiscard]] bool isOpen() const { return m_storage.hasLocal(); }
    /// How many threads have it open: a snapshot. Any thread.
    [[nodiscard]] int openCount() const { return m_storage.threadCount(); }

private:
    ThreadStorage<T> m_storage;
};

} // namespace heddle
