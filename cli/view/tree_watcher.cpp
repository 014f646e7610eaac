#include "cli/view/tree_watcher.hpp"

#include "cli/clock.hpp"
#include "cli/text.hpp"
#include "cli/view/event_text.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto min_redraw_interval = 40ms;
constexpr auto max_redraw_interval = 100ms;  // keeps the spinner smooth

}  // namespace

void tree_watcher::follow(const followed_run& run) {
  renderer_.emplace(run);
  progress_.emplace(*run.definition);
  for (const auto& e : run.past) progress_->apply(e);
}

void tree_watcher::on_event(const live_event& e) {
  if (e.what.kind == "step_log") {
    const std::string line = printable(e.what.node) + " | " + detail_text(e.what);
    return region_.print_above({session_.style().paint(tint::dim, line)});
  }
  progress_->apply(e.what);
  changed_ = true;
}

void tree_watcher::on_view(const run_view& view) {
  progress_->apply(view);
  changed_ = true;
}

void tree_watcher::on_end(const run_summary&) {
  ended_ = true;
  changed_ = true;
}

void tree_watcher::tick() {
  const auto since = steady::now() - drawn_at_;
  if (since >= max_redraw_interval) {
    ++frame_;
    draw();
  } else if (changed_ && since >= min_redraw_interval) {
    draw();
  }
}

void tree_watcher::note(const std::string& sentence) {
  notes_.push_back(sentence);
  draw();
}

void tree_watcher::draw() {
  drawn_at_ = steady::now();
  changed_ = false;
  const canvas on{session_.style(), session_.screen().size(), wall_clock(), frame_};
  auto lines = renderer_->draw(*progress_, on, notes_.size(), ended_);
  for (const auto& sentence : notes_)
    lines.emplace_back().add(on.style, tint::yellow, sentence, on.size.columns - 1);
  region_.draw(lines);
}

}  // namespace pawl::cli
