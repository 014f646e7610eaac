#include "cli/view/table_watcher.hpp"

#include <algorithm>
#include <utility>

#include "cli/text.hpp"
#include "cli/view/tree_watcher.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto table_redraw_interval = 100ms;

}  // namespace

table_watcher::table_watcher(session& s)
    : session_(s), style_(s.style()), region_(s.out(), s.screen()), size_(s.screen().size()) {}

void table_watcher::follow(const followed_run& run) {
  auto& added = runs_[run.id];
  added.flow = run.flow;
  added.created_at = run.created_at;
  added.at.insert(run.at.begin(), run.at.end());
}

void table_watcher::on_event(const live_event& e) {
  const auto found = runs_.find(e.run.id);
  if (found == runs_.end()) return;
  active_run& run = found->second;
  if (e.what.kind == "step_started") {
    run.at.insert(e.what.node);
  } else if (e.what.kind == "step_finished" || e.what.kind == "step_failed") {
    run.at.erase(e.what.node);
    ++run.steps;
  }
}

void table_watcher::on_end(const run_summary& run) {
  if (runs_.erase(run.key.id) == 0) return;
  ++ended_;
  const bool good = run.status == run_status::completed;
  std::string line = style_.paint(good ? tint::green : tint::red,
                                  good ? style_.sign("✔", "+") : style_.sign("✖", "x")) +
                     " " + run.key.id.str() + "  " + printable(to_string(run.flow)) + "  " +
                     std::string{to_string(run.status)};
  if (run.finished_at) line += " in " + duration_text((*run.finished_at - run.created_at).count());
  if (run.error) line += "  " + printable(run.error->type + ": " + run.error->message);
  ended_lines_.push_back(std::move(line));
}

void table_watcher::tick() {
  if (steady::now() - drawn_at_ < table_redraw_interval) return;
  ++frame_;
  draw();
}

void table_watcher::note(const std::string& sentence) {
  note_ = sentence;
  draw();
}

styled_line table_watcher::line_of(const run_id& id, const active_run& run, time_point now) const {
  styled_line line;
  const std::size_t columns = size_.columns - 1;
  const auto add = [&](tint in, const std::string& text) { line.add(style_, in, text, columns); };
  std::string at;
  for (const auto& node : run.at) at += (at.empty() ? "" : ", ") + printable(node);
  add(tint::cyan, std::string{spinner(style_, frame_)});
  add(tint::dim, " " + id.str());
  add(tint::none, "  " + printable(to_string(run.flow)));
  add(tint::dim, "  " + duration_text((now - run.created_at).count()));
  add(tint::bold, "  " + at);
  return line;
}

void table_watcher::draw() {
  drawn_at_ = steady::now();
  size_ = session_.screen().size();
  if (!ended_lines_.empty()) region_.print_above(std::exchange(ended_lines_, {}));
  std::vector<styled_line> lines;
  const time_point now = wall_clock();
  const std::size_t room = size_.rows > 6 ? size_.rows - 5 : 1;
  for (const auto& [id, run] : runs_) {
    if (lines.size() == room) break;
    lines.push_back(line_of(id, run, now));
  }
  const auto add = [&](tint in, const std::string& text) {
    lines.emplace_back().add(style_, in, text, size_.columns - 1);
  };
  if (runs_.size() > lines.size()) {
    add(tint::dim, std::string{style_.ellipsis()} + " and " +
                       std::to_string(runs_.size() - lines.size()) + " more");
  }
  add(tint::bold,
      std::to_string(runs_.size()) + " running, " + std::to_string(ended_) + " finished");
  if (!note_.empty()) add(tint::yellow, note_);
  region_.draw(lines);
}

}  // namespace pawl::cli
