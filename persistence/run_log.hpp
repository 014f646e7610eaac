#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run_logs.hpp>

#include "persistence/store.hpp"

/// The log of a run: its lines in chunks, oldest first, and a head that says which there are. All
/// belong to the records of the run, so they are deleted with it.
namespace pawl::persistence {

/// The chunks of a log: those from `first` to before `next`.
struct run_log_head {
  std::uint64_t first = 1;
  std::uint64_t next = 1;
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;  ///< of the records of the chunks

  friend bool operator==(const run_log_head&, const run_log_head&) = default;
};
void encode_log_head(const run_log_head& head, std::string& to);
[[nodiscard]] std::string encode_log_head(const run_log_head& head);
[[nodiscard]] result<run_log_head> decode_log_head(std::string_view bytes);
/// Adds a chunk behind those that a head has.
void add_chunk(run_log_head& head, std::uint64_t number, std::size_t lines,
               std::size_t bytes) noexcept;

void encode_log_chunk(const std::vector<run_log_line>& lines, std::string& to);
[[nodiscard]] std::string encode_log_chunk(const std::vector<run_log_line>& lines);
[[nodiscard]] result<std::vector<run_log_line>> decode_log_chunk(std::string_view bytes);

struct run_log_limits {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
};

/// Appends to logs, and drops their oldest chunks beyond the limits: a log has more only if its
/// newest chunk alone does. Only one object at a time may write the log of a run. Not thread-safe.
class run_log_writer {
 public:
  run_log_writer(const view& before, run_log_limits limits) : before_(before), limits_(limits) {}

  /// Appends lines as one chunk. Call it once for each run. A damaged record never stops a log:
  /// one that is in the way is dropped. Returns the number of these. After an error, `writes` has
  /// nothing of the run. Errors: those of the store.
  [[nodiscard]] result<std::uint64_t> append(const run_key& run,
                                             const std::vector<run_log_line>& lines);

  [[nodiscard]] const batch& writes() const noexcept { return writes_; }
  [[nodiscard]] batch take_writes() noexcept { return std::move(writes_); }

 private:
  const view& before_;
  const run_log_limits limits_;
  batch writes_;
};

/// `bytes`: the size of its record.
using log_visitor = std::function<view::next(std::uint64_t number, std::vector<run_log_line> lines,
                                             std::size_t bytes)>;
/// Greater than the number of any chunk.
inline constexpr std::uint64_t after_last_chunk = std::numeric_limits<std::uint64_t>::max();
/// Visits the chunks of a log before number `before`, the newest one first. Errors: those of the
/// store, `corrupt`.
[[nodiscard]] result<void> visit_run_log_back(const view& from, const run_key& run,
                                              std::uint64_t before, const log_visitor& visit);

}  // namespace pawl::persistence
