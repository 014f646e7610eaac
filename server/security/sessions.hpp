#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <pawl/result.hpp>

namespace pawl::server {

/// Sessions of web pages: a random token, which the browser keeps in a cookie, stands for an API
/// key, so that no page has to keep a key. A session ends when it is closed, after `idle` without a
/// request, after `lifetime`, and with the process: sessions are in memory only. They are stored by
/// a hash of their token. Safe for concurrent use.
class session_table {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  struct limits {
    std::chrono::seconds idle = std::chrono::hours{1};
    std::chrono::seconds lifetime = std::chrono::hours{12};
    /// A further session of a key ends the one that was not used for the longest time.
    std::size_t max_per_key = 100;
  };

  /// The key that a session stands for.
  struct session {
    std::string id;  ///< not secret
    std::string key_id;
    std::string key_hash;
    time_point ends_at;  ///< the end of its lifetime
  };

  explicit session_table(limits of) : limits_(of) {}

  /// Opens a session for a key and returns its token, 64 hexadecimal digits. Error: `io_failed` if
  /// the system provides no randomness.
  [[nodiscard]] result<std::string> open(const std::string& key_id, const std::string& key_hash,
                                         time_point now);
  /// The session of a token; nothing if there is none or it has ended. Counts as a use.
  [[nodiscard]] std::optional<session> use(std::string_view token, time_point now);
  /// Whether a session is open. Not a use.
  [[nodiscard]] bool is_open(const std::string& id, time_point now) const;
  void close(const std::string& id);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] const limits& bounds() const noexcept { return limits_; }

 private:
  struct entry {
    session of;
    time_point used_at;
  };

  [[nodiscard]] bool has_ended(const entry& each, time_point now) const noexcept {
    return now >= each.of.ends_at || now - each.used_at >= limits_.idle;
  }
  void make_room(const std::string& key_id, time_point now);

  const limits limits_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, entry> sessions_;  ///< by id
};

}  // namespace pawl::server
