#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/run.hpp>

#include "flow/definition/definition.hpp"

namespace pawl::cli {

enum class node_phase : std::uint8_t { idle, running, done, failed, halted };

/// How far a node of a followed run is.
struct node_progress {
  node_phase phase = node_phase::idle;
  std::uint32_t visit = 0;  ///< the last one; 0 if it was never reached
  std::uint32_t attempt = 0;
  std::uint32_t running = 0;            ///< branches that are in it now
  std::optional<time_point> since;      ///< when the step under way began
  std::optional<std::int64_t> took_us;  ///< how long the last finished one took
  std::optional<bool> condition;        ///< what it evaluated to
  std::optional<double> fraction;       ///< how far the function says it is
  std::string note;                     ///< the error, if it failed
};

/// The state of a run's nodes as its events tell it. What has no events of its own (a start, an
/// end) is concluded from the edges that lead there. A value; no clock.
class run_progress {
 public:
  explicit run_progress(const flow::definition& flow);

  void apply(const history_event& e);

  /// By the index of the definition.
  [[nodiscard]] const std::vector<node_progress>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] const std::vector<std::string>& types() const noexcept { return types_; }
  /// Ids of the nodes that are running.
  [[nodiscard]] std::vector<std::string> active() const;
  [[nodiscard]] std::size_t steps_done() const noexcept { return steps_done_; }

 private:
  [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const;
  void enter(std::size_t node);
  void leave_by_plain_edges(std::size_t node);
  void end_all(node_phase as);

  std::vector<node_progress> nodes_;
  std::vector<std::string> ids_;
  std::vector<std::string> types_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<std::vector<std::size_t>> plain_;  ///< targets of edges without a condition
  std::vector<bool> has_conditional_;
  std::size_t entry_ = 0;
  std::size_t steps_done_ = 0;
};

}  // namespace pawl::cli
