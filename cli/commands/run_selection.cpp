#include "cli/commands/run_selection.hpp"

#include <algorithm>

#include "cli/text.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t selection_page_size = 1'000;

exit_code apply_to_each(session& s, target& on, const std::vector<run_id>& ids,
                        const run_action& action) {
  exit_code code = exit_code::ok;
  for (const auto& id : ids) {
    const auto done = action(on, id);
    if (done) {
      s.out().line(*done);
    } else if (const exit_code failed = s.fail(done.error()); code == exit_code::ok) {
      code = failed;
    }
  }
  return code;
}

}  // namespace

void add_run_selection(CLI::App& to, run_selection& selection) {
  to.add_option("ID", selection.ids, "Run IDs");
  to.add_option("--status", selection.status, "Select all runs with this status, in place of IDs")
      ->type_name("STATUS");
  to.add_flag("--yes", selection.yes, "Do not ask for confirmation of --status");
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

result<void> check_selection(const run_selection& selection) {
  if (selection.ids.empty() == !selection.status)
    return error{errc::invalid_argument, "specify either run IDs or --status"};
  if (const auto ids = parse_run_ids(selection.ids); !ids) return ids.error();
  if (!selection.status) return {};
  const auto status = parse_status_option(*selection.status);
  return status ? result<void>{} : status.error();
}

result<std::vector<run_id>> runs_with_status(target& on, run_status status) {
  std::vector<run_id> ids;
  run_filter filter;
  filter.status = status;
  filter.limit = selection_page_size;
  do {
    const auto page = on.list(filter);
    if (!page) return page.error();
    for (const auto& run : page->runs) ids.push_back(run.key.id);
    filter.cursor = page->next;
  } while (!filter.cursor.empty());
  std::reverse(ids.begin(), ids.end());
  return ids;
}

result<std::vector<run_id>> selected_runs(session& s, target& on, const run_selection& selection,
                                          std::string_view verb) {
  if (!selection.status) return parse_run_ids(selection.ids);
  const auto status = parse_status_option(*selection.status);
  if (!status) return status.error();
  auto ids = runs_with_status(on, *status);
  if (!ids || ids->empty() || selection.yes) return ids;
  const bool one = ids->size() == 1;
  const std::string state{to_string(*status)};
  if (s.is_confirmed(std::string{verb} + " " + counted(ids->size(), state + " run") + "?"))
    return ids;
  return error{errc::invalid_argument, counted(ids->size(), "run") + (one ? " is " : " are ") +
                                           state + "; nothing was changed. Use --yes to " +
                                           std::string{verb} + (one ? " it" : " all of them")};
}

exit_code apply_to_run(session& s, const std::string& id_text, const run_action& action) {
  const auto id = parse_run_id(id_text);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  const exit_code code = apply_to_each(s, **opened, {*id}, action);
  return s.close(**opened, code);
}

exit_code apply_to_runs(session& s, const run_selection& selection, std::string_view verb,
                        const run_action& action) {
  if (const auto good = check_selection(selection); !good) return s.fail(good.error());
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  target& on = **opened;
  exit_code code = exit_code::ok;
  if (const auto ids = selected_runs(s, on, selection, verb); !ids) {
    code = s.fail(ids.error());
  } else if (ids->empty()) {
    s.out().line("No runs are " + *selection.status + ".");
  } else {
    code = apply_to_each(s, on, *ids, action);
  }
  return s.close(on, code);
}

}  // namespace pawl::cli
