// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace heddle {

class Group;

/// For the time that a thread runs a task which has nothing to do with the group whose child it
/// runs: groups that are created meanwhile are not within that group.
class GroupPause
{
public:
    GroupPause() noexcept;
    ~GroupPause();
    GroupPause(const GroupPause &) = delete;
    GroupPause &operator=(const GroupPause &) = delete;

private:
    Group *m_paused;
};

} // namespace heddle
