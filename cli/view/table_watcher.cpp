#include "cli/view/table_watcher.hpp"

#include <algorithm>
#include <utility>

#include "cli/clock.hpp"
#include "cli/target.hpp"
#include "cli/text.hpp"
#include "cli/view/signs.hpp"
#include "cli/view/tree_renderer.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto table_redraw_interval = 100ms;
constexpr std::size_t max_logged = 10;  ///< failed runs, if there are many runs

/// The first thing that a run waits for.
std::string wait_text(const run_view& view) {
  if (view.waiting_on.empty()) return "a command";
  const waiting_on& first = view.waiting_on.front();
  return printable(first.kind + (first.name.empty() ? "" : " " + first.name) + " at " +
                   first.node) +
         (view.waiting_on.size() > 1 ? " and others" : "");
}

}  // namespace

table_watcher::table_watcher(session& s, bool brief)
    : session_(s),
      brief_(brief),
      style_(s.style()),
      region_(s.out(), s.screen()),
      size_(s.screen().size()) {}

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
  if (e.what.checkpoint != 0) run.wait.clear();
  if (e.what.kind == "retry_scheduled" || e.what.kind == "task_queued") {
    run.at.erase(e.what.node);
  } else if (e.what.kind == "step_started" || e.what.kind == "task_leased") {
    run.at.insert(e.what.node);
  } else if (e.what.kind == "step_finished" || e.what.kind == "step_failed") {
    run.at.erase(e.what.node);
    ++run.steps;
  }
}

void table_watcher::on_view(const run_view& view) {
  const auto found = runs_.find(view.summary.key.id);
  if (found == runs_.end() || !view.parked) return;
  found->second.wait = view.summary.status == run_status::paused && !has_question(view)
                           ? "paused"
                           : "waits for " + wait_text(view);
}

void table_watcher::on_end(const run_summary& run) {
  if (runs_.erase(run.key.id) == 0) return;
  ++ended_;
  if (run.status == run_status::failed) ++failed_;
  if (brief_ && (run.status != run_status::failed || failed_ > max_logged)) return;
  const bool good = run.status == run_status::completed;
  std::string line = style_.paint(good ? tint::green : tint::red,
                                  good ? signs::done(style_) : signs::failed(style_)) +
                     " " + printable(run.key.id.str()) + "  " + printable(to_string(run.flow)) +
                     "  " + std::string{to_string(run.status)};
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
  if (run.wait.empty()) {
    add(tint::cyan, std::string{spinner(style_, frame_)});
  } else {
    add(tint::yellow, std::string{signs::waiting(style_)});
  }
  add(tint::dim, " " + printable(id.str()));
  add(tint::none, "  " + printable(to_string(run.flow)));
  add(tint::dim, "  " + duration_text((now - run.created_at).count()));
  add(tint::bold, "  " + (run.wait.empty() ? at : run.wait));
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
  const auto waiting = static_cast<std::size_t>(std::count_if(
      runs_.begin(), runs_.end(), [](const auto& each) { return !each.second.wait.empty(); }));
  std::string totals = std::to_string(runs_.size() - waiting) + " running, ";
  if (waiting > 0) totals += std::to_string(waiting) + " waiting, ";
  totals += std::to_string(ended_) + " finished";
  if (failed_ > 0) totals += ", " + std::to_string(failed_) + " failed";
  add(tint::bold, totals);
  if (!note_.empty()) add(tint::yellow, note_);
  region_.draw(lines);
}

}  // namespace pawl::cli
