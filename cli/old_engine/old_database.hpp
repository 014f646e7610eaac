#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

#include "cli/old_engine/old_values.hpp"
#include "cli/old_engine/sqlite_file.hpp"

/// The tables of the previous engine's database.
namespace pawl::cli {

struct old_version {
  std::int64_t id = 0;
  std::int64_t flow = 0;   ///< the number of the flow
  std::string name;        ///< of the flow; "" if its row is missing
  std::string version;     ///< any text
  std::string definition;  ///< JSON text, or what is left of it
  bool published = false;
  std::optional<time_point> created_at;
  std::vector<std::string> unread;  ///< what could not be read of the row, as sentences
};

struct old_run {
  std::string id;
  std::int64_t version = 0;  ///< number of a flow version, which may not exist
  std::string status;        ///< any text
  std::optional<time_point> started_at;
  std::optional<time_point> finished_at;
  std::optional<time_point> last_event_at;
  std::string metadata;  ///< JSON text
  std::string signals;   ///< commands to the run, in their order: JSON text of a list, or ""
  std::vector<std::string> unread;  ///< as above
};

/// What the checkpoints of a run say about its end.
struct old_checkpoint {
  std::optional<json> data;
  value_changes changed;          ///< what could not be kept of `data`
  std::vector<std::string> next;  ///< the nodes that would have been next
  std::string current;            ///< the last node
  std::string error;              ///< text of an exception
  std::optional<json> interrupt_value;
};

/// Not thread-safe. Errors of each call: as `sqlite_file::open`.
class old_database {
 public:
  /// Error also: `invalid_argument` if it has not the tables of the previous engine.
  [[nodiscard]] static result<old_database> open(const std::filesystem::path& file);

  [[nodiscard]] result<std::uint64_t> count(const std::string& table) const;
  /// Flows that have no version, by name.
  [[nodiscard]] result<std::vector<std::string>> flows_without_version() const;
  /// In the order of their creation.
  result<void> visit_versions(const std::function<result<void>(const old_version&)>& visit) const;
  /// In the order of their ids.
  result<void> visit_runs(const std::function<result<void>(const old_run&)>& visit) const;
  [[nodiscard]] result<std::uint64_t> signals_without_run() const;

 private:
  explicit old_database(sqlite_file file) : file_(std::move(file)) {}

  sqlite_file file_;
  bool has_signals_ = false;
};

/// The checkpoints beside such a database. Not thread-safe.
class old_checkpoints {
 public:
  /// Errors: as `sqlite_file::open`; `invalid_argument` if the checkpoints table is missing.
  [[nodiscard]] static result<old_checkpoints> open(const std::filesystem::path& file);

  /// The last checkpoint of a run, not of a graph inside it; nothing if it has none that can be
  /// read.
  [[nodiscard]] result<std::optional<old_checkpoint>> last_of(const std::string& run) const;
  /// The ids of all runs that have checkpoints, sorted.
  [[nodiscard]] result<std::vector<std::string>> runs() const;

 private:
  explicit old_checkpoints(sqlite_file file) : file_(std::move(file)) {}

  sqlite_file file_;
  bool has_writes_ = false;
};

}  // namespace pawl::cli
