#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/run.hpp>

#include "flow/definition/definition.hpp"
#include "flow/machine/delta.hpp"

namespace pawl::cli {

enum class node_phase : std::uint8_t {
  idle,
  running,
  waiting,  ///< for a time, a signal, an answer, a worker, other branches
  done,
  failed,
  halted,
  compensating,
  compensated,
};

/// The items of a map.
struct item_counts {
  std::size_t all = 0, finished = 0, failed = 0;
};

/// The progress of a node of a followed run.
struct node_progress {
  node_phase phase = node_phase::idle;
  std::uint32_t visit = 0;  ///< latest visit; 0 if never reached
  std::uint32_t attempt = 0;
  std::uint32_t running = 0;            ///< branches executing it now
  std::uint32_t waiting = 0;            ///< branches waiting at it now
  std::optional<time_point> since;      ///< start of the running step or of the wait
  std::optional<time_point> until;      ///< end of the wait, if it is known
  std::optional<std::int64_t> took_us;  ///< duration of the last finished step
  std::optional<bool> condition;        ///< result of a condition
  std::optional<double> fraction;       ///< progress reported by the function
  std::optional<item_counts> items;     ///< of a map
  std::string wait;                     ///< what it waits for: "signal approved"
  std::string info;                     ///< "3 branches", "to by_van"
  std::string note;                     ///< the last error
};

/// The event that completes a node of this type in the drawing; "" if such nodes have no events of
/// their own. Empty for an unknown type.
[[nodiscard]] std::optional<std::string_view> completion_event(std::string_view node_type) noexcept;

/// The progress of all nodes of a run, derived from its events. The state of nodes without events
/// of their own (start, end) is inferred from the edges that lead to them. A value type; uses no
/// clock.
class run_progress {
 public:
  explicit run_progress(const flow::definition& flow);

  void apply(const history_event& e);
  /// Takes over until when the nodes wait.
  void apply(const run_view& view);

  /// In the order of the definition.
  [[nodiscard]] const std::vector<node_progress>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] const std::vector<std::string>& types() const noexcept { return types_; }
  /// IDs of the running nodes.
  [[nodiscard]] std::vector<std::string> active() const;
  [[nodiscard]] std::size_t steps_done() const noexcept { return steps_done_; }
  /// What happens to the run as a whole: "paused", "compensating 2 steps"; "" if nothing special.
  [[nodiscard]] const std::string& run_note() const noexcept { return run_note_; }

 private:
  [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const;
  void enter(std::size_t node);
  void leave_by_plain_edges(std::size_t node);
  void end_all(node_phase as);
  void apply_to_run(flow::event_kind kind, const history_event& e);
  void apply_to_step(flow::event_kind kind, const history_event& e, std::size_t node);
  void finish_step(const history_event& e, std::size_t node, bool succeeded);
  void apply_to_wait(flow::event_kind kind, const history_event& e, node_progress& n);
  void apply_to_branch(flow::event_kind kind, const history_event& e, std::size_t node);
  void apply_to_compensation(flow::event_kind kind, const history_event& e, node_progress& n);

  std::vector<node_progress> nodes_;
  std::vector<std::string> ids_;
  std::vector<std::string> types_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<std::vector<std::size_t>> plain_;  ///< targets of unconditional edges
  std::vector<bool> has_conditional_;
  std::size_t entry_ = 0;
  std::size_t steps_done_ = 0;
  std::string run_note_;
};

}  // namespace pawl::cli
