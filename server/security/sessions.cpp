#include "server/security/sessions.hpp"

#include <iterator>

#include "server/security/keys.hpp"

namespace pawl::server {

result<std::string> session_table::open(const std::string& key_id, const std::string& key_hash,
                                        time_point now) {
  auto token = make_session_token();
  if (!token) return std::move(token).error();
  std::string id = hash_of_key(*token);
  const std::lock_guard lock{mutex_};
  make_room(key_id, now);
  sessions_.emplace(id, entry{{id, key_id, key_hash, now + limits_.lifetime}, now});
  return token;
}

void session_table::make_room(const std::string& key_id, time_point now) {
  std::erase_if(sessions_, [&](const auto& each) { return has_ended(each.second, now); });
  std::size_t of_key = 0;
  auto oldest = sessions_.end();
  for (auto each = sessions_.begin(); each != sessions_.end(); ++each) {
    if (each->second.of.key_id != key_id) continue;
    ++of_key;
    if (oldest == sessions_.end() || each->second.used_at < oldest->second.used_at) oldest = each;
  }
  if (of_key >= limits_.max_per_key) sessions_.erase(oldest);
}

std::optional<session_table::session> session_table::use(std::string_view token, time_point now) {
  const std::string id = hash_of_key(token);
  const std::lock_guard lock{mutex_};
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return std::nullopt;
  if (has_ended(found->second, now)) {
    sessions_.erase(found);
    return std::nullopt;
  }
  found->second.used_at = now;
  return found->second.of;
}

bool session_table::is_open(const std::string& id, time_point now) const {
  const std::lock_guard lock{mutex_};
  const auto found = sessions_.find(id);
  return found != sessions_.end() && !has_ended(found->second, now);
}

void session_table::close(const std::string& id) {
  const std::lock_guard lock{mutex_};
  sessions_.erase(id);
}

std::size_t session_table::size() const {
  const std::lock_guard lock{mutex_};
  return sessions_.size();
}

}  // namespace pawl::server
