#include "cli/view/tree_watcher.hpp"

#include <algorithm>
#include <array>

#include "cli/text.hpp"
#include "cli/view/event_text.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto shortest_pause = 40ms;  // between two pictures, however much happens
constexpr auto longest_pause = 100ms;  // so that what turns turns smoothly
constexpr std::size_t duration_width = 7;
constexpr std::size_t bar_width = 20;

}  // namespace

std::string_view spinner(const style& look, std::size_t frame) {
  constexpr std::array<std::string_view, 10> pretty = {"⠋", "⠙", "⠹", "⠸", "⠼",
                                                       "⠴", "⠦", "⠧", "⠇", "⠏"};
  constexpr std::array<std::string_view, 4> plain = {"|", "/", "-", "\\"};
  return look.utf8 ? pretty[frame % pretty.size()] : plain[frame % plain.size()];
}

time_point wall_clock() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

tree_watcher::tree_watcher(session& s)
    : session_(s), look_(s.look()), region_(s.out(), s.screen()), size_(s.screen().size()) {}

void tree_watcher::follow(const followed_run& run) {
  run_ = run;
  progress_.emplace(*run.definition);
  layout_ = lay_out(*run.definition);
  for (const auto& e : run.past) progress_->apply(e);
  for (const auto& place : layout_) {
    const std::string& id = run_.definition->nodes[place.node].id;
    name_width_ = std::max(name_width_, 2 * place.more.size() + display_width(printable(id)));
  }
}

void tree_watcher::on_event(const live_event& e) {
  if (e.what.kind == "step_log")
    return region_.print_above(
        {look_.paint(tint::dim, printable(e.what.node) + " | " + detail_text(e.what))});
  progress_->apply(e.what);
  changed_ = true;
}

void tree_watcher::on_end(const run_summary& run) {
  end_ = run;
  changed_ = true;
}

void tree_watcher::tick() {
  const auto since = steady::now() - drawn_at_;
  if (since >= longest_pause) {
    ++frame_;
    draw();
  } else if (changed_ && since >= shortest_pause) {
    draw();
  }
}

void tree_watcher::note(const std::string& sentence) {
  notes_.push_back(sentence);
  draw();
}

void tree_watcher::finish() {
  draw();
}

void tree_watcher::draw() {
  drawn_at_ = steady::now();
  changed_ = false;
  size_ = session_.screen().size();
  const time_point now = wall_clock();
  std::vector<drawn_line> lines{header(), {}};
  const std::size_t around = lines.size() + notes_.size() + 2;
  const std::size_t room = size_.rows > around + 1 ? size_.rows - around : 1;
  const std::size_t first = first_shown(room);
  const std::size_t last = std::min(layout_.size(), first + room);
  const auto hidden = [&](std::size_t count, std::string_view where) {
    drawn_line line;
    line.add(look_, tint::dim,
             "  " + std::string{look_.ellipsis()} + " " + counted(count, "node") + " " +
                 std::string{where});
    return line;
  };
  for (std::size_t i = first; i < last; ++i) {
    if (i == first && first > 0) {
      lines.push_back(hidden(first + 1, "above"));
    } else if (i + 1 == last && last < layout_.size()) {
      lines.push_back(hidden(layout_.size() - last + 1, "below"));
    } else {
      lines.push_back(node_line(layout_[i], now));
    }
  }
  for (const auto& sentence : notes_) {
    lines.emplace_back().add(look_, tint::yellow,
                             fit(sentence, size_.columns - 1, look_.ellipsis()));
  }
  region_.draw(lines);
}

/// Where the part begins that is shown of a flow higher than the window: so that what runs now is
/// in it, else its end.
std::size_t tree_watcher::first_shown(std::size_t room) const {
  if (layout_.size() <= room) return 0;
  std::size_t middle = end_ ? layout_.size() : 0;
  for (std::size_t i = 0; i < layout_.size(); ++i) {
    const auto phase = progress_->nodes()[layout_[i].node].phase;
    if (phase == node_phase::running || phase == node_phase::failed) {
      middle = i;
      break;
    }
    if (!end_ && phase == node_phase::done) middle = i;
  }
  const std::size_t before = room / 2;
  return std::min(middle > before ? middle - before : 0, layout_.size() - room);
}

drawn_line tree_watcher::header() const {
  drawn_line line;
  const std::size_t columns = size_.columns - 1;
  const auto add = [&](tint in, const std::string& text) {
    line.add(look_, in, fit(text, columns - std::min(columns, line.width), look_.ellipsis()));
  };
  add(tint::strong, printable(to_string(run_.flow)));
  add(tint::dim, "  run " + run_.id.str());
  if (!end_) {
    const auto us = (wall_clock() - run_.created_at).count();
    add(tint::none, "  " + duration_text(us));
  }
  return line;
}

std::string tree_watcher::branches(const layout_line& place) const {
  std::string drawn;
  for (std::size_t i = 0; i < place.more.size(); ++i) {
    const bool more = place.more[i];
    if (i + 1 == place.more.size() && place.head) {
      drawn += more ? look_.sign("├─", "|-") : look_.sign("└─", "`-");
    } else {
      drawn += more ? look_.sign("│ ", "| ") : std::string_view{"  "};
    }
  }
  return drawn;
}

void tree_watcher::add_sign(drawn_line& to, const node_progress& n) const {
  switch (n.phase) {
    case node_phase::idle:
      return to.add(look_, tint::dim, look_.sign("·", "."));
    case node_phase::running:
      return to.add(look_, tint::cyan, spinner(look_, frame_));
    case node_phase::done:
      return to.add(look_, tint::green, look_.sign("✔", "+"));
    case node_phase::failed:
      return to.add(look_, tint::red, look_.sign("✖", "x"));
    case node_phase::halted:
      return to.add(look_, tint::yellow, look_.sign("◌", "-"));
  }
}

void tree_watcher::add_bar(drawn_line& to, double fraction) const {
  const double part = std::clamp(fraction, 0.0, 1.0);
  const auto full = static_cast<std::size_t>(part * static_cast<double>(bar_width));
  std::string done, open;
  for (std::size_t i = 0; i < bar_width; ++i)
    (i < full ? done : open) += i < full ? look_.sign("━", "#") : look_.sign("─", "-");
  to.add(look_, tint::none, "  ");
  to.add(look_, tint::cyan, done);
  to.add(look_, tint::dim, open);
  to.add(look_, tint::none, " " + std::to_string(static_cast<int>(part * 100)) + "%");
}

void tree_watcher::add_info(drawn_line& to, const node_progress& n, time_point now) const {
  std::string took;
  if (n.phase == node_phase::running && n.since) {
    took = duration_text((now - *n.since).count());
  } else if (n.took_us) {
    took = duration_text(*n.took_us);
  }
  const std::size_t columns = size_.columns - 1;
  const auto add = [&](tint in, const std::string& text) {
    to.add(look_, in, fit(text, columns - std::min(columns, to.width), look_.ellipsis()));
  };
  if (n.condition) {
    add(*n.condition ? tint::green : tint::yellow,
        pad_left(*n.condition ? "true" : "false", duration_width));
  } else {
    add(n.phase == node_phase::running ? tint::none : tint::dim, pad_left(took, duration_width));
  }
  if (n.fraction && to.width + bar_width + 8 < columns) add_bar(to, *n.fraction);
  if (n.running > 1) add(tint::dim, "  " + std::to_string(n.running) + " at once");
  if (n.visit > 1) add(tint::dim, "  visit " + std::to_string(n.visit));
  if (n.attempt > 1) add(tint::yellow, "  attempt " + std::to_string(n.attempt));
  if (!n.note.empty()) add(tint::red, "  " + printable(n.note));
}

drawn_line tree_watcher::node_line(const layout_line& place, time_point now) const {
  const node_progress& n = progress_->nodes()[place.node];
  const std::size_t columns = size_.columns - 1;
  const std::size_t room = std::min(name_width_, columns > 24 ? columns - 20 : columns / 2);
  drawn_line line;
  line.add(look_, tint::none, "  ");
  const std::string left = fit(branches(place), room, "");
  line.add(look_, tint::dim, left);
  add_sign(line, n);
  const std::size_t name_room = room - std::min(room, display_width(left));
  const std::string name =
      fit(printable(run_.definition->nodes[place.node].id), name_room, look_.ellipsis());
  const bool quiet = n.phase == node_phase::idle;
  line.add(look_,
           quiet                            ? tint::dim
           : n.phase == node_phase::running ? tint::strong
                                            : tint::none,
           " " + pad(name, name_room));
  add_info(line, n, now);
  return line;
}

}  // namespace pawl::cli
