// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/threadmark.h>

namespace heddle {

alignas(8) thread_local char ThreadMark::t_mark = 0;

} // namespace heddle
