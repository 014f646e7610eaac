#include "cli/view/line_watcher.hpp"

#include <algorithm>

#include "cli/text.hpp"
#include "cli/view/event_text.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t max_node_width = 24;
constexpr std::size_t kind_width = 19;  // of "condition_evaluated"

}  // namespace

void line_watcher::follow(const followed_run& run) {
  if (!run.definition) return;
  for (const auto& node : run.definition->nodes)
    node_width_ =
        std::max(node_width_, std::min(display_width(printable(node.id)), max_node_width));
}

void line_watcher::on_event(const live_event& e) {
  if (e.what.kind == "step_progress") {  // print every 10 percent only
    const int tenth = static_cast<int>(e.what.detail.value("fraction", 0.0) * 10);
    int& last = last_tenths_[e.run.id.str() + "/" + e.what.node];
    if (tenth == last) return;
    last = tenth;
  }
  const std::string node = e.what.node.empty() ? "-" : printable(e.what.node);
  std::string line = to_rfc3339(e.what.at) + "  ";
  if (many_) line += printable(e.run.id.str()) + "  ";
  line += pad(node, node_width_) + "  ";
  std::string detail = detail_text(e.what);
  if (e.what.kind == "run_created") detail = "run " + printable(e.run.id.str());
  line += detail.empty() ? printable(e.what.kind) : pad(printable(e.what.kind), kind_width);
  if (!detail.empty()) line += "  " + detail;
  session_.out().line(line);
  session_.out().flush();
}

void json_watcher::on_event(const live_event& e) {
  session_.out().line(one_line(event_json(e.run.id, e.what)));
  session_.out().flush();
}

}  // namespace pawl::cli
