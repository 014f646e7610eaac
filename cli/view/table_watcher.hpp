#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include "cli/session.hpp"
#include "cli/view/live_region.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

/// Shows several runs: a line for each unfinished run, redrawn in place, below a log of those that
/// ended. For terminals.
class table_watcher final : public watcher {
 public:
  /// `brief`: of the runs that ended, only the first failed ones are logged.
  table_watcher(session& s, bool brief);

  void follow(const followed_run& run) override;
  void on_event(const live_event& e) override;
  void on_view(const run_view& view) override;
  void on_end(const run_summary& run) override;
  void tick() override;
  void note(const std::string& sentence) override;
  void finish() override { draw(); }

 private:
  struct active_run {
    flow_version_id flow;
    time_point created_at{};
    std::size_t steps = 0;
    std::set<std::string> at;  ///< running nodes
    std::string wait;          ///< what it waits for, if nothing happens in it until then
  };

  void draw();
  [[nodiscard]] styled_line line_of(const run_id& id, const active_run& run, time_point now) const;

  session& session_;
  const bool brief_;
  const text_style style_;
  live_region region_;
  terminal_size size_;
  std::map<run_id, active_run> runs_;
  std::size_t ended_ = 0;
  std::size_t failed_ = 0;
  std::vector<std::string> ended_lines_;  ///< to be printed
  std::string note_;
  std::size_t frame_ = 0;
  std::chrono::steady_clock::time_point drawn_at_{};
};

}  // namespace pawl::cli
