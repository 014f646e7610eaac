#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/time.hpp>

#include "server/security/caller.hpp"
#include "server/security/failed_logins.hpp"
#include "server/security/keys.hpp"
#include "server/security/private_file.hpp"

namespace spdlog {
class logger;
}

namespace pawl::server {

/// What a `key_authenticator` is made of.
struct key_authenticator_parts {
  std::filesystem::path file = {};       ///< `keys_file_of`; "": there are no keys, ever
  std::uint32_t max_failed_logins = 20;  ///< of one peer in a minute
  /// Who answers for requests as long as there are no keys; null: they are refused.
  std::unique_ptr<authenticator> without_keys = {};
  std::shared_ptr<spdlog::logger> log;
  std::function<time_point()> now = {};                               ///< the wall clock if empty
  std::function<std::chrono::steady_clock::time_point()> ticks = {};  ///< steady_clock if empty
};

/// Knows callers by the key in `Authorization: Bearer KEY`. What was done to the file of keys is
/// seen within a second. Once it has had keys, one is needed until the end of the process, also
/// when the last was removed: nobody comes in because a file went away. A file that cannot be read
/// any more leaves the keys as they were, and is logged.
///
/// A right key is never held up by the limit on wrong ones: its secret cannot be guessed, and
/// somebody else behind the same address must not lock its owner out.
///
/// Looks at the file's inode once a second and reads it when it has changed: that is how long it
/// may block.
class key_authenticator final : public authenticator {
 public:
  /// Errors: as `read_keys`.
  [[nodiscard]] static result<std::unique_ptr<key_authenticator>> open(
      key_authenticator_parts parts);

  [[nodiscard]] std::variant<caller, problem> authenticate(const http::request& request) override;

  /// Reads the file again. Error: as `read_keys`; the keys stay as they were.
  [[nodiscard]] result<void> reload();
  /// Whether a key is needed.
  [[nodiscard]] bool has_keys() const;
  /// Requests so far that were refused for their key, or for having none.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  struct table;
  enum class diagnostic { none_given, malformed, unknown, expired };

  explicit key_authenticator(key_authenticator_parts parts);

  void look_at_file();
  [[nodiscard]] std::shared_ptr<const table> current() const;
  [[nodiscard]] problem refuse(const http::request& request, diagnostic why,
                               const stored_key* key = nullptr);
  [[nodiscard]] std::variant<caller, problem> in_scope(const stored_key& key,
                                                       const http::request& request) const;

  const key_authenticator_parts parts_;
  failed_logins failures_;
  std::atomic<std::uint64_t> refused_ = 0;

  std::mutex reading_;  ///< held by who looks at the file
  std::optional<file_stamp> seen_;
  std::chrono::steady_clock::time_point looked_at_{};

  mutable std::mutex mutex_;  ///< of `table_`
  std::shared_ptr<const table> table_;
};

}  // namespace pawl::server
