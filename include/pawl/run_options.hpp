#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/run.hpp>
#include <pawl/trace_context.hpp>
#include <pawl/version_range.hpp>

/// What the calls of <pawl/runs.hpp> take and return.
namespace pawl {

struct start_options {
  /// Id of the run. A second start of the same flow with the same input under this id returns the
  /// existing run. None: a new UUID of version 7.
  std::optional<run_id> id = {};
  /// Idempotency key, instead of an id: any text of 1 to 512 bytes that identifies this start, such
  /// as an order number. The id is derived from it.
  std::string key = {};
  /// The newest version of a range, or the one version; see `version_range`. None: the published
  /// version.
  std::optional<version_range> version = {};
  /// Stored beside the data; rules read it as `metadata`. An object.
  json metadata = json::object();
  /// Trace that the steps of the run belong to, as `parse_traceparent` returns it. Not compared
  /// when a start is repeated: the existing run keeps its own trace.
  std::optional<trace_context> trace = {};
  /// Who starts the run: a user, an API key, a program. Shown as `run_view::started_by`; not
  /// compared when a start is repeated. UTF-8, at most 256 bytes.
  std::string by = {};
  /// Attributes by which the run is found, besides those that its flow computes. Of a restart or a
  /// fork: in place of those of the other run, unless there are none. docs/attributes.md describes
  /// them. Errors of the start: `invalid_argument` (a name or a type), `limit_exceeded`.
  attribute_map attributes = {};
  /// Create the run paused before its first node: a resume starts it. Not compared when a start is
  /// repeated.
  bool paused = false;
};

struct run_started {
  run_id id;
  flow_version_id flow;
  run_status status = run_status::running;
  bool created = true;  ///< false: the run existed already
};

/// The result of a command.
struct run_changed {
  run_summary run;
  run_status before = run_status::running;
  /// False: the run had taken the same command before, such as a signal of this id, and this one
  /// had no effect.
  bool changed = true;
  /// After a pause: steps are still running; the run is paused when they have finished.
  bool pausing = false;
  /// What the caller may have got wrong, such as a signal of a type that no node of the flow
  /// awaits.
  std::vector<std::string> warnings = {};
};

struct command_options {
  /// Compare-and-set: fail with `conflict` unless the run has this status. Exactly one of several
  /// concurrent callers succeeds.
  std::optional<run_status> if_status = {};
  /// Recorded in the history of the run; UTF-8, at most 4,096 bytes.
  std::string reason = {};
  /// Compare-and-set: fail with `conflict` of the type "checkpoint_moved" unless this is the last
  /// checkpoint of the run.
  std::optional<std::uint64_t> if_checkpoint = {};
  /// Who sends the command: a user, an API key, a program. Recorded in the history of the run;
  /// UTF-8, at most 256 bytes.
  std::string by = {};
};

struct resume_options {
  /// As in `command_options`.
  std::optional<run_status> if_status = {};
  std::string reason = {};
  /// New values of top-level keys of the run's data, set before the run continues. An object; must
  /// be empty for a run that is not paused yet.
  json update = json::object();
  /// Answer to a question of the run (`run_view::waiting_on`): the `resume_value` of an interrupted
  /// function, or the data that a node of type `interrupt` stores. A run that is paused only
  /// because it asks a question cannot be resumed without an answer.
  std::optional<json> answer = {};
  /// Id of the question. Required if the run asks several.
  std::string question = {};
  /// As in `command_options`.
  std::optional<std::uint64_t> if_checkpoint = {};
  std::string by = {};
};

struct signal_options {
  /// Id of the signal, at most 512 bytes. A signal with the id of one of
  /// the last 1,000 signals of the run that had one has no effect.
  std::string id = {};
  /// As in `command_options`.
  std::optional<std::uint64_t> if_checkpoint = {};
  std::string by = {};
};

/// The result of a batch call for one run.
template <class T>
struct batch_item {
  run_id id;
  result<T> outcome;
};

struct signal_request {
  run_id id;
  std::string type;
  json payload = nullptr;
  signal_options options = {};
};

struct start_request {
  std::string flow;
  json input = json::object();
  start_options options = {};
};

/// The order of a list of runs.
enum class run_order : std::uint8_t {
  newest,          ///< by the time of the start, latest first
  oldest,          ///< by the time of the start, earliest first
  finished_last,   ///< finished runs only, by the time of their end, latest first
  finished_first,  ///< finished runs only, by the time of their end, earliest first
  /// Runs with the attribute `run_filter::order_by` only, by its value: texts, numbers, booleans,
  /// times; of equal values the newest first.
  by_attribute,
  by_attribute_reverse,  ///< the reverse
  /// By the time of the last event, latest first. No index has it: a filter that selects more than
  /// `max_sorted_runs` is refused.
  updated_last,
  updated_first,  ///< by the time of the last event, earliest first
};

/// Maximum number of runs that are sorted by their last event.
inline constexpr std::size_t max_sorted_runs = 10'000;

/// Selects a page of runs.
struct run_filter {
  std::optional<run_status> status = {};
  std::size_t limit = 100;  ///< 1 to 1000
  std::string cursor = {};  ///< `run_page::next` of the previous page, with the same filter
  std::optional<flow_name> flow = {};
  /// Further conditions, all of which must hold: "status=failed,paused started>-2h".
  /// docs/filters.md describes them.
  std::string where = {};
  run_order order = run_order::newest;
  /// Name of an attribute, for the orders by attribute; otherwise empty.
  std::string order_by = {};
};

/// How runs were found.
struct run_search {
  std::string index;            ///< the lists of the index that were read: "flow, status"
  std::uint64_t keys_read = 0;  ///< entries of these lists, and records
};

/// A page of runs. It contains every run whose start has returned. A page whose filter is not
/// answered by an index alone may have fewer runs than its limit, even none, and still have a next
/// page.
struct run_page {
  std::vector<run_summary> runs;
  std::string next;  ///< cursor of the next page; empty on the last page
  run_search search = {};
  /// Runs that could not be listed because their record is damaged, each with the reason.
  std::vector<std::string> damaged = {};
};

/// The number of runs that a filter selects.
struct run_total {
  std::uint64_t count = 0;
  bool exact = true;  ///< false: there may be more; the search reached its bound
  run_search search = {};
};

/// A page of the history of a run. Never splits a checkpoint.
struct history_page {
  std::vector<history_event> events;  ///< oldest first, unless asked for otherwise
  std::uint64_t next = 0;  ///< the checkpoint where the next page begins; 0 on the last page
  /// The last checkpoint that was pruned: the events of it and those before are gone. 0: none.
  std::uint64_t pruned = 0;
};

struct run_count {
  run_status status;
  std::uint64_t count = 0;
};

}  // namespace pawl
