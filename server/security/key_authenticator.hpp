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

#include "functions/secrets/private_file.hpp"
#include "server/security/caller.hpp"
#include "server/security/failed_logins.hpp"
#include "server/security/keys.hpp"
#include "server/security/sessions.hpp"

namespace spdlog {
class logger;
}

namespace pawl::server {

struct key_authenticator_options {
  std::filesystem::path file = {};       ///< `keys_file_of`; "": there are never any keys
  std::uint32_t max_failed_logins = 20;  ///< per peer and minute
  /// Authenticates requests as long as there are no keys; null: such requests are refused.
  std::unique_ptr<authenticator> without_keys = {};
  std::shared_ptr<spdlog::logger> log;
  std::function<time_point()> now = {};                               ///< the wall clock if empty
  std::function<std::chrono::steady_clock::time_point()> ticks = {};  ///< steady_clock if empty
  session_table::limits sessions = {};
};

/// Authenticates callers by API key, `Authorization: Bearer KEY`, or by the cookie of a session
/// that was opened with one. A session ends with its key. Changes of the key file take effect
/// within a second. Once there have been keys, a key is required until the process ends, even if
/// the last one is removed, so that a lost file does not open the server. If the file cannot be
/// read, the loaded keys stay valid and the error is logged.
///
/// The limit on invalid keys never delays a valid key: a secret cannot be guessed, and another
/// client behind the same address must not lock its owner out.
///
/// Checks the file's metadata once a second and reads the file when it has changed; blocks for no
/// longer than that.
class key_authenticator final : public authenticator {
 public:
  /// Errors: as `read_keys`.
  [[nodiscard]] static result<std::unique_ptr<key_authenticator>> open(
      key_authenticator_options options);

  [[nodiscard]] std::variant<caller, problem> authenticate(const http::request& request) override;
  [[nodiscard]] std::optional<problem> recheck(const caller& by) override;
  [[nodiscard]] std::variant<std::string, problem> open_session(const caller& by) override;
  void close_session(const caller& by) override;

  /// Reloads the file. Errors: as `read_keys`; the loaded keys stay valid.
  [[nodiscard]] result<void> reload();
  /// Whether a key is required.
  [[nodiscard]] bool has_keys() const;
  /// Number of requests refused because of an invalid or missing key.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  struct table;
  enum class rejection { none_given, malformed, unknown, expired };

  explicit key_authenticator(key_authenticator_options options);

  /// Reloads the file if it has changed and was not checked for `interval`.
  void check_file(std::chrono::milliseconds interval);
  [[nodiscard]] std::shared_ptr<const table> current() const;
  [[nodiscard]] problem refuse(const http::request& request, rejection why,
                               const stored_key* key = nullptr);
  [[nodiscard]] std::variant<caller, problem> by_session(const table& keys,
                                                         const http::request& request,
                                                         std::string_view token);
  [[nodiscard]] std::variant<caller, problem> in_scope(const stored_key& key,
                                                       const http::request& request) const;

  const key_authenticator_options options_;
  failed_logins failures_;
  session_table sessions_;
  std::atomic<std::uint64_t> refused_ = 0;

  std::mutex file_mutex_;  ///< held while the file is checked or read
  std::optional<functions::file_stamp> loaded_stamp_;
  std::chrono::steady_clock::time_point checked_at_{};

  mutable std::mutex mutex_;  ///< guards `table_`
  std::shared_ptr<const table> table_;
};

}  // namespace pawl::server
