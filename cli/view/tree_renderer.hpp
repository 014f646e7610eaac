#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/terminal.hpp"
#include "cli/view/layout.hpp"
#include "cli/view/progress.hpp"
#include "cli/view/styled_line.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

/// The context of one drawing.
struct canvas {
  text_style style;
  terminal_size size;
  time_point now{};
  std::size_t frame = 0;  ///< number of the drawing, for the spinner
};

/// Renders a run as text: a header, then the nodes as a tree, each with state, duration and
/// progress. Pure.
class tree_renderer {
 public:
  explicit tree_renderer(const followed_run& run);

  /// Renders the lines. They fit the width of the canvas and, with `reserved` other lines, its
  /// height. Of a flow that does not fit, shows the part around the running nodes. `ended` is true
  /// once the run has ended.
  [[nodiscard]] std::vector<styled_line> draw(const run_progress& progress, const canvas& on,
                                              std::size_t reserved, bool ended) const;

 private:
  [[nodiscard]] styled_line header(const run_progress& progress, const canvas& on,
                                   bool ended) const;
  [[nodiscard]] styled_line node_line(const layout_line& place, const node_progress& n,
                                      const canvas& on) const;
  [[nodiscard]] std::size_t first_shown(const run_progress& progress, std::size_t room,
                                        bool ended) const;

  std::string title_;
  std::string id_;
  time_point created_at_{};
  std::vector<std::string> names_;  ///< by node index, printable
  std::vector<layout_line> layout_;
  std::size_t name_width_ = 0;
};

/// The spinner in drawing number `frame`.
[[nodiscard]] std::string_view spinner(const text_style& style, std::size_t frame);

}  // namespace pawl::cli
