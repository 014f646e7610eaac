#include "cli/commands/run_selection.hpp"

#include <algorithm>
#include <chrono>

#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/text.hpp"
#include "cli/view/live_region.hpp"
#include "persistence/query/run_query.hpp"

namespace pawl::cli {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t selection_page_size = 1'000;
/// With more runs than this, only errors and totals are printed.
constexpr std::size_t max_detailed_runs = 20;
constexpr std::size_t max_named_errors = 10;
constexpr std::chrono::milliseconds progress_interval{100};

bool is_by_filter(const run_selection& selection) {
  return selection.status || selection.filter;
}

/// How a run that has left a selection is described.
std::string left_text(const run_selection& selection) {
  return selection.filter ? " no longer fits the filter."
                          : " is no longer " + *selection.status + ".";
}

/// The filter of a selection that is not by IDs. Errors: `invalid_argument`.
result<run_filter> filter_of(const run_selection& selection) {
  run_filter filter;
  filter.limit = selection_page_size;
  filter.order = run_order::oldest;
  filter.where = selection.filter.value_or("");
  const auto parsed = persistence::parse_run_query(filter.where, wall_clock());
  if (!parsed) return parsed.error();
  if (selection.filter && parsed->terms.empty())
    return error{errc::invalid_argument, "--filter has no condition, so it would select all runs"};
  if (!selection.status) return filter;
  const auto status = parse_status_option(*selection.status);
  if (!status) return status.error();
  filter.status = *status;
  return filter;
}

/// The IDs of all runs that a filter selects, in its order.
result<std::vector<run_id>> runs_that_fit(target& on, run_filter filter) {
  std::vector<run_id> ids;
  do {
    const auto page = on.list(filter);
    if (!page) return page.error();
    for (const auto& run : page->runs) ids.push_back(run.key.id);
    filter.cursor = page->next;
  } while (!filter.cursor.empty());
  return ids;
}

/// Applies an action to each run and reports the results.
class bulk_action {
 public:
  bulk_action(session& s, const run_selection& how, const run_verb& verb, std::size_t count)
      : session_(s),
        how_(how),
        verb_(verb),
        count_(count),
        detailed_(how.verbose || how.json || count <= max_detailed_runs),
        progress_(s.out(), s.screen()) {}

  exit_code apply(target& on, const std::vector<run_id>& ids, const run_action& action) {
    for (const auto& id : ids) {
      auto done = action(on, id);
      if (!done && done.error().code == errc::illegal_transition && has_left(on, how_, id))
        done = action_outcome{"Run " + id.str() + left_text(how_)};
      note(id, done);
      if (!detailed_) show_progress();
    }
    if (!detailed_) print_totals();
    return code_;
  }

 private:
  void note(const run_id& id, const result<action_outcome>& done) {
    const exit_code code = done ? done->code : exit_code_of(done.error().code);
    const std::string& text = done ? done->sentence : done.error().message;
    if (code_ == exit_code::ok) code_ = code;
    if (how_.json) {
      return session_.out().line(
          one_line({{"run", id.str()}, {"ok", code == exit_code::ok}, {"message", text}}));
    }
    if (code == exit_code::ok) {
      ++done_;
      if (detailed_) session_.out().line(printable_lines(text));
    } else if (++failed_ <= max_named_errors || detailed_) {
      hide_progress();
      static_cast<void>(session_.fail(code, text));
    }
  }

  void show_progress() {
    if (!session_.screen().live || steady::now() - shown_at_ < progress_interval) return;
    shown_at_ = steady::now();
    styled_line line;
    line.add(session_.style(), tint::dim,
             std::string{verb_.infinitive} + ": " + std::to_string(done_ + failed_) + " of " +
                 counted(count_, "run"),
             session_.screen().size().columns - 1);
    progress_.draw({line});
  }

  void hide_progress() {
    if (session_.screen().live && !detailed_) progress_.draw({});
  }

  void print_totals() {
    hide_progress();
    if (failed_ > max_named_errors) {
      session_.print_message("and " + counted(failed_ - max_named_errors, "more error") +
                             "; --verbose prints all");
    }
    session_.out().line(std::string{verb_.done} + " " + std::to_string(done_) + " of " +
                        counted(count_, "run") +
                        (failed_ > 0 ? "; " + std::to_string(failed_) + " failed." : "."));
  }

  session& session_;
  const run_selection& how_;
  const run_verb& verb_;
  const std::size_t count_;
  const bool detailed_;
  live_region progress_;
  exit_code code_ = exit_code::ok;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  steady::time_point shown_at_{};
};

}  // namespace

void add_run_selection(CLI::App& to, run_selection& selection) {
  to.add_option("ID", selection.ids, "Run IDs");
  to.add_option("--status", selection.status, "Select all runs with this status, in place of IDs")
      ->type_name("STATUS");
  to.add_option("--filter", selection.filter,
                "Select all runs that fit a filter, as of `pawl runs ls`, in place of IDs")
      ->type_name("FILTER")
      ->check(not_empty);
  to.add_flag("--yes", selection.yes, "Do not ask for confirmation of --status and --filter");
}

result<std::vector<run_id>> parse_run_ids(const std::vector<std::string>& texts) {
  std::vector<run_id> ids;
  for (const auto& text : texts) {
    auto id = parse_run_id(text);
    if (!id) return std::move(id).error();
    if (std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*std::move(id));
  }
  return ids;
}

result<run_status> parse_status_option(const std::string& text) {
  if (const auto status = parse_run_status(text)) return *status;
  std::string all;
  for (const auto status : all_run_statuses)
    all += (all.empty() ? "" : ", ") + std::string{to_string(status)};
  return error{errc::invalid_argument,
               "invalid --status " + printable(text) + ": must be one of " + all};
}

std::string no_runs_text(const std::string& of_flow, const std::string& status) {
  const std::string of = of_flow.empty() ? "" : " of flow " + printable(of_flow);
  if (status.empty()) return "No runs" + of + ".";
  return "No runs" + of + (status == "failed" ? " have " : " are ") + status + ".";
}

std::string no_runs_text(const run_selection& selection) {
  if (selection.filter) return "No run fits the filter.";
  return no_runs_text({}, selection.status.value_or(""));
}

result<void> check_selection(const run_selection& selection) {
  if (selection.ids.empty() != is_by_filter(selection))
    return error{errc::invalid_argument, "specify either run IDs, or --status or --filter"};
  if (const auto ids = parse_run_ids(selection.ids); !ids) return ids.error();
  const auto filter = filter_of(selection);
  return filter ? result<void>{} : filter.error();
}

bool has_left(target& on, const run_selection& selection, const run_id& id) {
  if (!is_by_filter(selection)) return false;
  auto filter = filter_of(selection);
  if (!filter) return false;
  filter->where += " id=" + persistence::quoted_value(id.str());
  const auto page = on.list(*filter);
  return page && page->runs.empty();
}

result<std::vector<run_id>> runs_with_status(target& on, run_status status) {
  run_filter filter;
  filter.status = status;
  filter.limit = selection_page_size;
  filter.order = run_order::oldest;
  return runs_that_fit(on, std::move(filter));
}

result<std::vector<run_id>> selected_runs(session& s, target& on, const run_selection& selection,
                                          std::string_view verb) {
  if (!is_by_filter(selection)) return parse_run_ids(selection.ids);
  const auto filter = filter_of(selection);
  if (!filter) return filter.error();
  auto ids = runs_that_fit(on, *filter);
  if (!ids || ids->empty() || selection.yes) return ids;
  const bool one = ids->size() == 1;
  const std::string state = selection.filter ? "" : *selection.status + " ";
  if (s.is_confirmed(std::string{verb} + " " + counted(ids->size(), state + "run") + "?"))
    return ids;
  const std::string how = selection.filter ? (one ? " fits the filter" : " fit the filter")
                                           : (one ? " is " : " are ") + *selection.status;
  return error{errc::invalid_argument, counted(ids->size(), "run") + how +
                                           "; nothing was changed. Use --yes to " +
                                           std::string{verb} + (one ? " it" : " all of them")};
}

exit_code apply_to_run(session& s, const std::string& id_text, const run_action& action) {
  const auto id = parse_run_id(id_text);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  const run_selection one;
  const exit_code code = bulk_action{s, one, {}, 1}.apply(**opened, {*id}, action);
  return s.close(**opened, code);
}

exit_code apply_to_runs(session& s, const run_selection& selection, const run_verb& verb,
                        const run_action& action) {
  if (const auto good = check_selection(selection); !good) return s.fail(good.error());
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  target& on = **opened;
  exit_code code = exit_code::ok;
  if (const auto ids = selected_runs(s, on, selection, verb.infinitive); !ids) {
    code = s.fail(ids.error());
  } else if (ids->empty()) {
    if (!selection.json) s.out().line(no_runs_text(selection));
  } else {
    code = bulk_action{s, selection, verb, ids->size()}.apply(on, *ids, action);
  }
  return s.close(on, code);
}

}  // namespace pawl::cli
