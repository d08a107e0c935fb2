// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lets Heddle's coroutines await QCoro's (qcoro.dvratil.cz, 0.8 or later), and so all that it has
// adaptors for: co_await qCoro(reply).waitForFinished(), co_await qCoro(socket).readAll() …
//
// For programs that use QCoro; Heddle itself does not. QCoro's awaitables need a QtEventLoop. A
// QCoro coroutine awaits Heddle's by way of a future: co_await loop.runThreadSafe(coroutine()).

#include <heddle/coroutines/awaitforeign.h>

#include <QCoroTask>

namespace heddle {

static_assert(ForeignAwaitable<QCoro::Task<int>> && ForeignAwaitable<QCoro::Task<>>);

} // namespace heddle
