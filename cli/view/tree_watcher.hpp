#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "cli/session.hpp"
#include "cli/view/layout.hpp"
#include "cli/view/live_region.hpp"
#include "cli/view/progress.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

/// One run as a tree of its nodes, drawn again in place as they go on. For terminals.
class tree_watcher final : public watcher {
 public:
  explicit tree_watcher(session& s);

  void follow(const followed_run& run) override;
  void on_event(const live_event& e) override;
  void on_end(const run_summary& run) override;
  void tick() override;
  void note(const std::string& sentence) override;
  void finish() override;

 private:
  void draw();
  [[nodiscard]] drawn_line header() const;
  [[nodiscard]] drawn_line node_line(const layout_line& place, time_point now) const;
  [[nodiscard]] std::string branches(const layout_line& place) const;
  void add_sign(drawn_line& to, const node_progress& n) const;
  void add_info(drawn_line& to, const node_progress& n, time_point now) const;
  void add_bar(drawn_line& to, double fraction) const;
  [[nodiscard]] std::size_t first_shown(std::size_t room) const;

  session& session_;
  const style look_;
  live_region region_;
  terminal_size size_;
  followed_run run_;
  std::optional<run_summary> end_;
  std::optional<run_progress> progress_;
  std::vector<layout_line> layout_;
  std::size_t name_width_ = 0;
  std::vector<std::string> notes_;
  std::size_t frame_ = 0;
  bool changed_ = true;
  std::chrono::steady_clock::time_point drawn_at_{};
};

/// The sign of something that is under way; `frame` counts pictures.
[[nodiscard]] std::string_view spinner(const style& look, std::size_t frame);

/// The moment it is.
[[nodiscard]] time_point wall_clock();

}  // namespace pawl::cli
