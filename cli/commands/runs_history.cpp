#include <algorithm>

#include "cli/commands/checkpoint_pages.hpp"
#include "cli/commands/commands.hpp"
#include "cli/text.hpp"
#include "cli/view/event_text.hpp"

namespace pawl::cli {
namespace {

struct history_arguments {
  std::string id;
  history_options how;
  std::size_t limit = 0;  ///< of events; 0: none
  bool json = false;
};

/// Prints one line per event: checkpoint, time (UTC), node, event, details.
class history_lines {
 public:
  explicit history_lines(session& s) : session_(s) {}

  void print(const std::vector<history_event>& events) {
    for (const auto& e : events) {
      checkpoint_ = std::max(checkpoint_, std::to_string(e.checkpoint).size());
      node_ = std::max(node_, std::min(display_width(printable(e.node)), max_node));
    }
    for (const auto& e : events) {
      const std::string kind = printable(e.kind), detail = detail_text(e);
      session_.out().line("#" + pad(std::to_string(e.checkpoint), checkpoint_) + "  " +
                          to_rfc3339(e.at) + "  " +
                          pad(e.node.empty() ? "-" : printable(e.node), node_) + "  " +
                          (detail.empty() ? kind : pad(kind, kind_width) + "  " + detail));
    }
  }

 private:
  static constexpr std::size_t max_node = 24;
  static constexpr std::size_t kind_width = 19;  // of "condition_evaluated"

  session& session_;
  std::size_t checkpoint_ = 1;
  std::size_t node_ = 1;
};

exit_code print_history(session& s, target& open, const run_id& id,
                        const history_arguments& given) {
  history_options how = given.how;
  history_lines lines{s};
  std::size_t left = given.limit;
  while (true) {
    if (given.limit > 0) how.limit = std::min<std::size_t>(left, 1000);
    auto page = open.history_page(id, how);
    if (!page) return s.fail(page.error());
    if (given.limit > 0 && page->events.size() > left) page->events.resize(left);
    const bool is_first = how.from == given.how.from;
    if (is_first && page->pruned > 0)
      s.print_message("Checkpoints 1 to " + std::to_string(page->pruned) + " were pruned.");
    if (given.json) {
      for (const auto& e : page->events) s.out().line(one_line(event_json(id, e)));
    } else {
      lines.print(page->events);
    }
    left -= std::min(left, page->events.size());
    if (!leads_on(how, page->next) || (given.limit > 0 && left == 0)) return exit_code::ok;
    how.from = page->next;
  }
}

exit_code history(session& s, const history_arguments& given) {
  const auto id = parse_run_id(given.id);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  return s.close(**opened, print_history(s, **opened, *id, given));
}

}  // namespace

void add_runs_history(CLI::App& to, command_line& line) {
  auto given = std::make_shared<history_arguments>();
  auto* const cmd = add_command(to, "history", "Print the history of a run.",
                                "Each line begins with the number of the checkpoint.\n"
                                "\n"
                                "Examples:\n"
                                "  pawl runs history monday --data-dir ./data\n"
                                "  pawl runs history monday --reverse --limit 20\n"
                                "  pawl runs history monday --kind step_failed --node charge");
  cmd->add_option("ID", given->id, "Run ID")->required();
  cmd->add_flag("--reverse", given->how.newest_first, "Print the newest event first");
  cmd->add_option("--kind", given->how.kinds, "Print only events of this kind; can be repeated")
      ->type_name("KIND")
      ->delimiter(',')
      ->allow_extra_args(false);
  cmd->add_option("--node", given->how.node, "Print only events of this node")->type_name("NODE");
  cmd->add_option("--first", given->how.from, "Begin at this checkpoint")->type_name("N");
  cmd->add_option("--limit", given->limit, "Print at most N events")
      ->type_name("N")
      ->check(positive_number);
  cmd->add_flag("--values", given->how.values, "Print what steps were given and returned, too");
  cmd->add_flag("--json", given->json, "Print one JSON object per event");
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return history(s, *given); }; });
}

}  // namespace pawl::cli
