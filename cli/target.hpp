#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/engine.hpp>

#include "cli/view/watcher.hpp"

namespace pawl::cli {

class session;

/// How a command that is printed for people reaches the same runs again.
struct onward {
  std::string look;     ///< options of a command that looks: " --data-dir DIR", or ""
  std::string go;       ///< of one that runs steps: the same, with " --allow-exec …"
  bool kept = true;     ///< false: in memory only, nothing is left when the program ends
  bool served = false;  ///< somebody else runs the steps, also when this program has ended
};

/// Why following runs came to its end.
enum class follow_end {
  all_ended,      ///< every run was followed to its end
  interrupted,    ///< a signal came
  timed_out,      ///< the time allowed ran out
  output_closed,  ///< nobody reads any more
};

struct follow_result {
  follow_end how = follow_end::all_ended;
  /// The runs that ended or are parked, as they were then, and those that nothing can be said of.
  std::map<run_id, result<run_view>> runs;
  /// How the engine's stop went, where it was stopped because following ended before the runs.
  result<void> stopped = {};
};

struct follow_options {
  bool several = false;                                   ///< not one run only
  std::optional<std::chrono::milliseconds> timeout = {};  ///< then following ends
  /// A run that waits for somebody outside is followed on, if that may come while we look.
  bool to_the_end = false;
  std::function<result<void>()> begin = [] { return result<void>{}; };  ///< sets the runs off
};

/// Gets events in order. False: it wants no more of them.
using event_listener = std::function<bool(const placed_event& event)>;

/// Where the runs and flows are that a command works on: one scope of a data folder, opened here,
/// or of a server. Errors of each call are those of the same call of the engine; of a server
/// also `unavailable` and `timed_out` (it cannot be reached), `invalid_argument` (it does not let
/// us in) and `not_supported` (it is no server of Pawl that we understand). One thread.
class target {
 public:
  target() = default;
  virtual ~target() = default;
  target(const target&) = delete;
  target& operator=(const target&) = delete;

  [[nodiscard]] virtual const onward& next() const noexcept = 0;
  /// Whether lines of a log come to the terminal that pictures are drawn on.
  [[nodiscard]] virtual bool logs_to_terminal() const noexcept = 0;

  virtual result<flow_stored> put_flow(const json& definition, const put_flow_options& how) = 0;
  virtual result<void> publish_flow(const flow_version_id& id) = 0;
  virtual result<void> delete_flow(const flow_name& name) = 0;
  virtual result<flow_version> get_flow(const flow_name& name, std::optional<version> v) = 0;
  virtual result<std::vector<flow_summary>> list_flows() = 0;
  /// Oldest first; a server gives them without definitions.
  virtual result<std::vector<flow_version>> flow_versions(const flow_name& name) = 0;
  virtual result<std::vector<function_info>> functions() = 0;
  virtual result<worker_overview> workers() = 0;

  virtual result<run_started> start(std::string_view flow, const json& input,
                                    const start_options& how) = 0;
  virtual result<run_started> restart(const run_id& id, const start_options& how) = 0;
  /// The run, when it is finished or after `wait`, whichever comes first. Waiting wakes it.
  virtual result<run_view> get(const run_id& id, std::chrono::milliseconds wait = {}) = 0;
  virtual result<run_page> list(const run_filter& filter) = 0;
  /// All of it.
  virtual result<std::vector<history_event>> history(const run_id& id) = 0;

  virtual result<run_changed> cancel(const run_id& id, const command_options& how) = 0;
  virtual result<run_changed> pause(const run_id& id, const command_options& how) = 0;
  virtual result<run_changed> retry(const run_id& id, const command_options& how) = 0;
  virtual result<run_changed> resume(const run_id& id, const resume_options& how) = 0;
  virtual result<run_changed> update(const run_id& id, const json& changes,
                                     const command_options& how) = 0;
  virtual result<run_changed> signal(const run_id& id, const std::string& type, const json& payload,
                                     const signal_options& how) = 0;

  /// Tells `shown` what happens in the runs until in none of them anything happens by itself, a
  /// signal comes, the time is over or nobody reads the output. What happened up to their
  /// `checkpoint` is not told. Errors: of `how.begin`; nothing was followed then.
  virtual result<follow_result> follow(session& s, watcher& shown, std::vector<followed_run> runs,
                                       const follow_options& how) = 0;

  /// Tells everything that became durable in the scope behind `after`. A data folder tells what it
  /// has kept, without `after` from the first, and returns; a server goes on for ever, without
  /// `after` from now on, and tells logs and progress as well, which have no position.
  virtual result<void> events(std::optional<journal_position> after,
                              const event_listener& tell) = 0;

  /// Ends in order what was opened here. A second call does nothing. Errors: of the store.
  virtual result<void> close() = 0;
};

}  // namespace pawl::cli
