#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "cli/session.hpp"
#include "cli/view/live_region.hpp"
#include "cli/view/progress.hpp"
#include "cli/view/tree_renderer.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

/// Shows one run as a tree of nodes, redrawn in place. For terminals.
class tree_watcher final : public watcher {
 public:
  explicit tree_watcher(session& s) : session_(s), region_(s.out(), s.screen()) {}

  void follow(const followed_run& run) override;
  void on_event(const live_event& e) override;
  void on_view(const run_view& view) override;
  void on_end(const run_summary& run) override;
  void tick() override;
  void note(const std::string& sentence) override;
  void finish() override { draw(); }

 private:
  void draw();

  session& session_;
  live_region region_;
  std::optional<tree_renderer> renderer_;
  std::optional<run_progress> progress_;
  bool ended_ = false;
  std::vector<std::string> notes_;
  std::size_t frame_ = 0;
  bool changed_ = true;
  std::chrono::steady_clock::time_point drawn_at_{};
};

}  // namespace pawl::cli
