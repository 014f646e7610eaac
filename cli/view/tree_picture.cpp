#include "cli/view/tree_picture.hpp"

#include <algorithm>
#include <array>

#include "cli/text.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t level_width = 3;
constexpr std::size_t duration_width = 7;
constexpr std::size_t bar_width = 20;

/// The last column stays free: a terminal breaks the line when it is written to.
std::size_t columns_of(const canvas& on) {
  return on.size.columns > 1 ? on.size.columns - 1 : 1;
}

/// What stands left of a node.
std::string branches(const layout_line& place, const style& look) {
  std::string drawn;
  for (std::size_t i = 0; i < place.more.size(); ++i) {
    const bool more = place.more[i];
    if (i + 1 == place.more.size() && place.head) {
      drawn += more ? look.sign("├─ ", "|- ") : look.sign("└─ ", "`- ");
    } else {
      drawn += more ? look.sign("│  ", "|  ") : std::string_view{"   "};
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
      return {tint::cyan, spinner(on.look, on.frame)};
    case node_phase::done:
      return {tint::green, on.look.sign("✔", "+")};
    case node_phase::failed:
      return {tint::red, on.look.sign("✖", "x")};
    case node_phase::halted:
      return {tint::yellow, on.look.sign("◌", "-")};
  }
  return {tint::dim, on.look.sign("·", ".")};
}

void add_bar(drawn_line& to, double fraction, const canvas& on, std::size_t columns) {
  const double part = std::clamp(fraction, 0.0, 1.0);
  const auto full = static_cast<std::size_t>(part * static_cast<double>(bar_width));
  std::string done, open;
  for (std::size_t i = 0; i < full; ++i) done += on.look.sign("━", "#");
  for (std::size_t i = full; i < bar_width; ++i) open += on.look.sign("─", "-");
  to.add(on.look, tint::cyan, "  " + done, columns);
  to.add(on.look, tint::dim, open, columns);
  const auto percent = std::to_string(static_cast<int>(part * 100));
  to.add(on.look, tint::none, pad_left(percent, 4) + "%", columns);
}

/// What stands right of a node's name.
void add_info(drawn_line& to, const node_progress& n, const canvas& on) {
  const std::size_t columns = columns_of(on);
  const auto add = [&](tint in, const std::string& text) { to.add(on.look, in, text, columns); };
  if (n.condition) {
    add(*n.condition ? tint::green : tint::yellow,
        pad_left(*n.condition ? "true" : "false", duration_width));
  } else if (n.phase == node_phase::running && n.since) {
    add(tint::none, pad_left(duration_text((on.now - *n.since).count()), duration_width));
  } else if (n.took_us) {
    add(tint::dim, pad_left(duration_text(*n.took_us), duration_width));
  }
  if (n.fraction && to.width + bar_width + level_width + duration_width < columns)
    add_bar(to, *n.fraction, on, columns);
  if (n.running > 1) add(tint::dim, "  " + std::to_string(n.running) + " at once");
  if (n.visit > 1) add(tint::dim, "  visit " + std::to_string(n.visit));
  if (n.attempt > 1) add(tint::yellow, "  attempt " + std::to_string(n.attempt));
  if (!n.note.empty()) add(tint::red, "  " + printable(n.note));
}

drawn_line hidden_line(const canvas& on, std::size_t count, std::string_view where) {
  drawn_line line;
  const std::string text = counted(count, "node").append(" ").append(where);
  line.add(on.look, tint::dim, "  " + std::string{on.look.ellipsis()} + " " + text, columns_of(on));
  return line;
}

}  // namespace

std::string_view spinner(const style& look, std::size_t frame) {
  constexpr std::array<std::string_view, 10> pretty = {"⠋", "⠙", "⠹", "⠸", "⠼",
                                                       "⠴", "⠦", "⠧", "⠇", "⠏"};
  constexpr std::array<std::string_view, 4> plain = {"|", "/", "-", "\\"};
  return look.utf8 ? pretty[frame % pretty.size()] : plain[frame % plain.size()];
}

tree_picture::tree_picture(const followed_run& run)
    : title_(printable(to_string(run.flow))),
      id_(run.id.str()),
      created_at_(run.created_at),
      layout_(lay_out(*run.definition)) {
  for (const auto& node : run.definition->nodes) names_.push_back(printable(node.id));
  for (const auto& place : layout_) {
    const std::size_t left = level_width * place.more.size();
    name_width_ = std::max(name_width_, left + display_width(names_[place.node]));
  }
}

std::vector<drawn_line> tree_picture::draw(const run_progress& progress, const canvas& on,
                                           std::size_t reserved, bool ended) const {
  std::vector<drawn_line> lines{header(on, ended), {}};
  const std::size_t around = lines.size() + reserved + 1;  // and the line of the cursor
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

drawn_line tree_picture::header(const canvas& on, bool ended) const {
  drawn_line line;
  const std::size_t columns = columns_of(on);
  line.add(on.look, tint::strong, title_, columns);
  line.add(on.look, tint::dim, "  run " + id_, columns);
  if (!ended) {
    line.add(on.look, tint::none, "  " + duration_text((on.now - created_at_).count()), columns);
  }
  return line;
}

drawn_line tree_picture::node_line(const layout_line& place, const node_progress& n,
                                   const canvas& on) const {
  const std::size_t columns = columns_of(on);
  const std::size_t room = std::min(name_width_, columns > 40 ? columns - 20 : columns / 2);
  const std::string left = fit(branches(place, on.look), room, "");
  const std::size_t name_room = room - display_width(left);
  drawn_line line;
  line.add(on.look, tint::dim, "  " + left, columns);
  const sign mark = sign_of(n.phase, on);
  line.add(on.look, mark.in, mark.text, columns);
  const tint in = n.phase == node_phase::idle      ? tint::dim
                  : n.phase == node_phase::running ? tint::strong
                                                   : tint::none;
  const std::string name = fit(names_[place.node], name_room, on.look.ellipsis());
  line.add(on.look, in, " " + pad(name, name_room), columns);
  add_info(line, n, on);
  return line;
}

/// Where the part begins that is shown of a flow higher than the window: so that what runs now is
/// in it; of a run that is over its end.
std::size_t tree_picture::first_shown(const run_progress& progress, std::size_t room,
                                      bool ended) const {
  if (layout_.size() <= room) return 0;
  std::size_t middle = ended ? layout_.size() : 0;
  for (std::size_t i = 0; i < layout_.size(); ++i) {
    const auto phase = progress.nodes()[layout_[i].node].phase;
    if (phase == node_phase::running || phase == node_phase::failed) {
      middle = i;
      break;
    }
    if (!ended && phase == node_phase::done) middle = i;
  }
  const std::size_t before = room / 2;
  return std::min(middle > before ? middle - before : 0, layout_.size() - room);
}

}  // namespace pawl::cli
