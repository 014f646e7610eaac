#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/terminal.hpp"
#include "cli/view/drawn_line.hpp"
#include "cli/view/layout.hpp"
#include "cli/view/progress.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

/// What a picture of a run is made for.
struct canvas {
  style look;
  terminal_size size;
  time_point now{};
  std::size_t frame = 0;  ///< counts pictures, for what turns
};

/// The picture of a run: a line for the run, then its nodes as a tree, each with its state, how
/// long it took or has taken, how far it is. Pure.
class tree_picture {
 public:
  explicit tree_picture(const followed_run& run);

  /// The lines of a picture: none wider than the canvas, and together with `reserved` others not
  /// more than fit on it. Of a flow that is higher the part is shown that runs now. `ended`: the
  /// run is over.
  [[nodiscard]] std::vector<drawn_line> draw(const run_progress& progress, const canvas& on,
                                             std::size_t reserved, bool ended) const;

 private:
  [[nodiscard]] drawn_line header(const canvas& on, bool ended) const;
  [[nodiscard]] drawn_line node_line(const layout_line& place, const node_progress& n,
                                     const canvas& on) const;
  [[nodiscard]] std::size_t first_shown(const run_progress& progress, std::size_t room,
                                        bool ended) const;

  std::string title_;
  std::string id_;
  time_point created_at_{};
  std::vector<std::string> names_;  ///< by node, printable
  std::vector<layout_line> layout_;
  std::size_t name_width_ = 0;
};

/// The sign of something that is under way.
[[nodiscard]] std::string_view spinner(const style& look, std::size_t frame);

}  // namespace pawl::cli
