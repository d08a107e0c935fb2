// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/asyncwaiter.h>

namespace heddle {

AsyncWaiter::AsyncWaiter()
    : Waiter(Kind::Coroutine)
{}

AsyncWaiter::~AsyncWaiter()
{
    Q_ASSERT_X(!isListed(), "heddle::AsyncWaiter", "destroyed while it is registered");
}

void AsyncWaiter::rouse(Wakes &)
{
    notified(waker());
}

} // namespace heddle
