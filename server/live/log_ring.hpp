#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <pawl/engine.hpp>
#include <pawl/json.hpp>

#include "server/holder_shares.hpp"

namespace pawl::server {

/// A line that a step logged.
struct log_line {
  run_key run;
  time_point at{};
  std::string level;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::string message;
};

[[nodiscard]] json to_json(const log_line& line);

/// The newest log lines of the steps of all runs, in bounded memory. When it is full, the scope
/// with the most lines loses its oldest ones. Safe for concurrent use.
class log_ring {
 public:
  explicit log_ring(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void add(log_line line);
  /// The newest lines of a run, at most `limit`, oldest first.
  [[nodiscard]] std::vector<log_line> lines(const run_key& run, std::size_t limit) const;

 private:
  void drop_oldest_of(const std::string& scope);
  [[nodiscard]] static std::size_t size_of(const log_line& line) noexcept;

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;  ///< guards the members below
  std::unordered_map<run_key, std::deque<log_line>> lines_;
  /// The run of each line of a scope, oldest first.
  std::unordered_map<std::string, std::deque<run_key>> order_;
  holder_shares shares_;  ///< of the scopes
};

/// Adds the log lines of an engine's steps as long as the returned subscription is held.
[[nodiscard]] std::shared_ptr<subscription> collect_logs(const std::shared_ptr<log_ring>& to,
                                                         const engine& from);

}  // namespace pawl::server
