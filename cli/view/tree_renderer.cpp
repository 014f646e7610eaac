#include "cli/view/tree_renderer.hpp"

#include <algorithm>
#include <array>

#include "cli/text.hpp"
#include "cli/view/signs.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t level_width = 3;
constexpr std::size_t duration_width = 7;
constexpr std::size_t bar_width = 20;

/// Usable columns. Writing to the last one makes some terminals wrap.
std::size_t columns_of(const canvas& on) {
  return on.size.columns > 1 ? on.size.columns - 1 : 1;
}

/// The branch lines left of a node.
std::string branches(const layout_line& place, const text_style& style) {
  std::string drawn;
  for (std::size_t i = 0; i < place.more.size(); ++i) {
    const bool more = place.more[i];
    if (i + 1 == place.more.size() && place.head) {
      drawn += more ? style.sign("├─ ", "|- ") : style.sign("└─ ", "`- ");
    } else {
      drawn += more ? style.sign("│  ", "|  ") : std::string_view{"   "};
    }
  }
  return drawn;
}

struct sign {
  tint in;
  std::string_view text;
};

sign sign_of(node_phase phase, const canvas& on) {
  switch (phase) {
    case node_phase::idle:
      break;
    case node_phase::running:
      return {tint::cyan, spinner(on.style, on.frame)};
    case node_phase::compensating:
      return {tint::yellow, spinner(on.style, on.frame)};
    case node_phase::waiting:
      return {tint::yellow, signs::waiting(on.style)};
    case node_phase::done:
      return {tint::green, signs::done(on.style)};
    case node_phase::failed:
      return {tint::red, signs::failed(on.style)};
    case node_phase::halted:
      return {tint::yellow, signs::halted(on.style)};
    case node_phase::compensated:
      return {tint::yellow, signs::compensated(on.style)};
  }
  return {tint::dim, signs::idle(on.style)};
}

void add_bar(styled_line& to, double fraction, const canvas& on, std::size_t columns) {
  const double part = std::clamp(fraction, 0.0, 1.0);
  const auto full = static_cast<std::size_t>(part * static_cast<double>(bar_width));
  std::string done, open;
  for (std::size_t i = 0; i < full; ++i) done += on.style.sign("━", "#");
  for (std::size_t i = full; i < bar_width; ++i) open += on.style.sign("─", "-");
  to.add(on.style, tint::cyan, "  " + done, columns);
  to.add(on.style, tint::dim, open, columns);
  const auto percent = std::to_string(static_cast<int>(part * 100));
  to.add(on.style, tint::none, pad_left(percent, 4) + "%", columns);
}

bool is_active(node_phase phase) {
  return phase == node_phase::running || phase == node_phase::waiting ||
         phase == node_phase::compensating;
}

/// Adds what a node waits for and the time that is left.
void add_wait(styled_line& to, const node_progress& n, const canvas& on) {
  if (n.waiting == 0 || n.wait.empty()) return;
  std::string text = "  waits for " + printable(n.wait);
  if (n.until) {
    text += *n.until > on.now ? ", " + duration_text((*n.until - on.now).count()) + " left"
                              : ", due now";
  }
  to.add(on.style, tint::yellow, text, columns_of(on));
}

/// Adds the bar of a map, or of a function that reports its progress.
void add_progress(styled_line& to, const node_progress& n, const canvas& on) {
  const std::size_t columns = columns_of(on);
  const bool fits = to.width + bar_width + level_width + duration_width < columns;
  if (n.items) {
    const std::size_t ended = n.items->finished + n.items->failed;
    const double part =
        n.items->all == 0 ? 1.0 : static_cast<double>(ended) / static_cast<double>(n.items->all);
    if (fits && is_active(n.phase)) add_bar(to, part, on, columns);
    std::string text = "  " + std::to_string(ended) + " of " + counted(n.items->all, "item");
    if (n.items->failed > 0) text += ", " + std::to_string(n.items->failed) + " failed";
    to.add(on.style, tint::dim, text, columns);
  } else if (n.fraction && fits) {
    add_bar(to, *n.fraction, on, columns);
  }
}

/// Adds duration, progress, counts and error to the right of a node's name.
void add_info(styled_line& to, const node_progress& n, const canvas& on) {
  const std::size_t columns = columns_of(on);
  const auto add = [&](tint in, const std::string& text) { to.add(on.style, in, text, columns); };
  if (n.condition) {
    add(*n.condition ? tint::green : tint::yellow,
        pad_left(*n.condition ? "true" : "false", duration_width));
  } else if (is_active(n.phase) && n.since) {
    add(tint::none, pad_left(duration_text((on.now - *n.since).count()), duration_width));
  } else if (n.took_us) {
    add(tint::dim, pad_left(duration_text(*n.took_us), duration_width));
  }
  add_progress(to, n, on);
  if (n.running > 1) add(tint::dim, "  " + std::to_string(n.running) + " at once");
  if (n.visit > 1) add(tint::dim, "  visit " + std::to_string(n.visit));
  if (n.attempt > 1) add(tint::yellow, "  attempt " + std::to_string(n.attempt));
  add_wait(to, n, on);
  if (!n.info.empty()) add(tint::dim, "  " + printable(n.info));
  if (!n.note.empty()) add(tint::red, "  " + printable(n.note));
}

styled_line hidden_line(const canvas& on, std::size_t count, std::string_view where) {
  styled_line line;
  const std::string text = counted(count, "node").append(" ").append(where);
  line.add(on.style, tint::dim, "  " + std::string{on.style.ellipsis()} + " " + text,
           columns_of(on));
  return line;
}

}  // namespace

std::string_view spinner(const text_style& style, std::size_t frame) {
  constexpr std::array<std::string_view, 10> pretty = {"⠋", "⠙", "⠹", "⠸", "⠼",
                                                       "⠴", "⠦", "⠧", "⠇", "⠏"};
  constexpr std::array<std::string_view, 4> plain = {"|", "/", "-", "\\"};
  return style.utf8 ? pretty[frame % pretty.size()] : plain[frame % plain.size()];
}

tree_renderer::tree_renderer(const followed_run& run)
    : title_(printable(to_string(run.flow))),
      id_(printable(run.id.str())),
      created_at_(run.created_at),
      layout_(lay_out(*run.definition)) {
  for (const auto& node : run.definition->nodes) names_.push_back(printable(node.id));
  for (const auto& place : layout_) {
    const std::size_t left = level_width * place.more.size();
    name_width_ = std::max(name_width_, left + display_width(names_[place.node]));
  }
}

std::vector<styled_line> tree_renderer::draw(const run_progress& progress, const canvas& on,
                                             std::size_t reserved, bool ended) const {
  std::vector<styled_line> lines{header(progress, on, ended), {}};
  const std::size_t around = lines.size() + reserved + 1;  // the cursor needs a line too
  const std::size_t room = on.size.rows > around + 1 ? on.size.rows - around : 1;
  const std::size_t first = first_shown(progress, room, ended);
  const std::size_t last = std::min(layout_.size(), first + room);
  for (std::size_t i = first; i < last; ++i) {
    if (i == first && first > 0) {
      lines.push_back(hidden_line(on, first + 1, "above"));
    } else if (i + 1 == last && last < layout_.size()) {
      lines.push_back(hidden_line(on, layout_.size() - last + 1, "below"));
    } else {
      lines.push_back(node_line(layout_[i], progress.nodes()[layout_[i].node], on));
    }
  }
  return lines;
}

styled_line tree_renderer::header(const run_progress& progress, const canvas& on,
                                  bool ended) const {
  styled_line line;
  const std::size_t columns = columns_of(on);
  line.add(on.style, tint::bold, title_, columns);
  line.add(on.style, tint::dim, "  run " + id_, columns);
  if (!ended) {
    line.add(on.style, tint::none, "  " + duration_text((on.now - created_at_).count()), columns);
  }
  if (!progress.run_note().empty())
    line.add(on.style, tint::yellow, "  " + printable(progress.run_note()), columns);
  return line;
}

styled_line tree_renderer::node_line(const layout_line& place, const node_progress& n,
                                     const canvas& on) const {
  const std::size_t columns = columns_of(on);
  const std::size_t room = std::min(name_width_, columns > 40 ? columns - 20 : columns / 2);
  const std::string left = fit(branches(place, on.style), room, "");
  const std::size_t name_room = room - display_width(left);
  styled_line line;
  line.add(on.style, tint::dim, "  " + left, columns);
  const sign mark = sign_of(n.phase, on);
  line.add(on.style, mark.in, mark.text, columns);
  const tint in = n.phase == node_phase::idle ? tint::dim
                  : is_active(n.phase)        ? tint::bold
                                              : tint::none;
  const std::string name = fit(names_[place.node], name_room, on.style.ellipsis());
  line.add(on.style, in, " " + pad(name, name_room), columns);
  add_info(line, n, on);
  return line;
}

/// The first line to show of a flow that is higher than the window. The window is centred on the
/// first running or failed node; after the run has ended, on the end of the flow.
std::size_t tree_renderer::first_shown(const run_progress& progress, std::size_t room,
                                       bool ended) const {
  if (layout_.size() <= room) return 0;
  std::size_t middle = ended ? layout_.size() : 0;
  for (std::size_t i = 0; i < layout_.size(); ++i) {
    const auto phase = progress.nodes()[layout_[i].node].phase;
    if (is_active(phase) || phase == node_phase::failed) {
      middle = i;
      break;
    }
    if (!ended && phase == node_phase::done) middle = i;
  }
  const std::size_t before = room / 2;
  return std::min(middle > before ? middle - before : 0, layout_.size() - room);
}

}  // namespace pawl::cli
