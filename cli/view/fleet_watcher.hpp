#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include "cli/session.hpp"
#include "cli/view/live_region.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

/// Many runs, one line each while they are under way; those that ended scroll by above. For
/// terminals.
class fleet_watcher final : public watcher {
 public:
  explicit fleet_watcher(session& s);

  void follow(const followed_run& run) override;
  void on_event(const live_event& e) override;
  void on_end(const run_summary& run) override;
  void tick() override;
  void note(const std::string& sentence) override;
  void finish() override { draw(); }

 private:
  struct under_way {
    flow_version_id flow;
    time_point created_at{};
    std::size_t steps = 0;
    std::set<std::string> at;  ///< nodes that are running
  };

  void draw();
  [[nodiscard]] drawn_line line_of(const run_id& id, const under_way& run, time_point now) const;

  session& session_;
  const style look_;
  live_region region_;
  terminal_size size_;
  std::map<run_id, under_way> runs_;
  std::size_t ended_ = 0;
  std::vector<std::string> ended_lines_;  ///< not printed yet
  std::string note_;
  std::size_t frame_ = 0;
  std::chrono::steady_clock::time_point drawn_at_{};
};

}  // namespace pawl::cli
