#include "cli/commands/each_run.hpp"

#include <algorithm>

#include "cli/text.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t choice_page = 1'000;

exit_code act_on_each(session& s, target& on, const std::vector<run_id>& ids,
                      const run_action& what) {
  exit_code code = exit_code::ok;
  for (const auto& id : ids) {
    const auto done = what(on, id);
    if (done) {
      s.out().line(*done);
    } else if (const exit_code failed = s.fail(done.error()); code == exit_code::ok) {
      code = failed;
    }
  }
  return code;
}

}  // namespace

void add_run_choice(CLI::App& to, run_choice& choice) {
  to.add_option("ID", choice.ids, "The runs");
  to.add_option("--status", choice.status, "All runs of this status, in place of IDs")
      ->type_name("STATUS");
  to.add_flag("--yes", choice.yes, "Do not ask whether all of that status are meant");
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
               "--status is " + printable(text) + ", but must be one of " + all};
}

result<void> check_choice(const run_choice& choice) {
  if (choice.ids.empty() == !choice.status)
    return error{errc::invalid_argument, "name runs by their IDs, or all of a status by --status"};
  if (const auto ids = parse_run_ids(choice.ids); !ids) return ids.error();
  if (!choice.status) return {};
  const auto status = parse_status_option(*choice.status);
  return status ? result<void>{} : status.error();
}

result<std::vector<run_id>> runs_of_status(target& on, run_status status) {
  std::vector<run_id> ids;
  run_filter filter;
  filter.status = status;
  filter.limit = choice_page;
  do {
    const auto page = on.list(filter);
    if (!page) return page.error();
    for (const auto& run : page->runs) ids.push_back(run.key.id);
    filter.cursor = page->next;
  } while (!filter.cursor.empty());
  std::reverse(ids.begin(), ids.end());
  return ids;
}

result<std::vector<run_id>> chosen_runs(session& s, target& on, const run_choice& choice,
                                        std::string_view verb) {
  if (!choice.status) return parse_run_ids(choice.ids);
  const auto status = parse_status_option(*choice.status);
  if (!status) return status.error();
  auto ids = runs_of_status(on, *status);
  if (!ids || ids->empty() || choice.yes) return ids;
  const std::string these =
      counted(ids->size(), "run") + " with the status " + std::string{to_string(*status)};
  if (s.is_confirmed(std::string{verb} + " " + these + "?")) return ids;
  return error{errc::invalid_argument,
               "nothing was done: there are " + these + "; --yes says that all are meant"};
}

exit_code act_on_run(session& s, const std::string& id_text, const run_action& what) {
  const auto id = parse_run_id(id_text);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  const exit_code code = act_on_each(s, **opened, {*id}, what);
  return s.close(**opened, code);
}

exit_code act_on_runs(session& s, const run_choice& choice, std::string_view verb,
                      const run_action& what) {
  if (const auto good = check_choice(choice); !good) return s.fail(good.error());
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  target& on = **opened;
  exit_code code = exit_code::ok;
  if (const auto ids = chosen_runs(s, on, choice, verb); !ids) {
    code = s.fail(ids.error());
  } else if (ids->empty()) {
    s.out().line("No run has the status " + *choice.status + ".");
  } else {
    code = act_on_each(s, on, *ids, what);
  }
  return s.close(on, code);
}

}  // namespace pawl::cli
