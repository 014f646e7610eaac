#include "cli/commands/commands.hpp"
#include "cli/commands/each_run.hpp"
#include "cli/drive.hpp"
#include "cli/read.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct resume_options {
  std::vector<std::string> ids;
  std::string answer;
  std::string question;
  bool json = false;
};

/// The ids of all runs that are not finished, oldest first.
result<std::vector<run_id>> unfinished_runs(target& on) {
  std::vector<run_id> ids;
  for (const auto status : {run_status::pending, run_status::running}) {
    auto some = runs_of_status(on, status);
    if (!some) return some;
    ids.insert(ids.begin(), some->begin(), some->end());
  }
  return ids;
}

result<std::vector<followed_run>> runs_to_follow(target& on, const std::vector<run_id>& ids) {
  std::vector<followed_run> runs;
  for (const auto& id : ids) {
    auto run = ids.size() == 1 ? known_run(on, id) : known_run_briefly(on, id);
    if (!run) return run.error();
    runs.push_back(*std::move(run));
  }
  return runs;
}

/// Every unfinished run is left out for a reason, where there is one.
std::string why_none(target& on) {
  const auto paused = runs_of_status(on, run_status::paused);
  if (!paused || paused->empty()) return "every run is finished.";
  return counted(paused->size(), "run") + (paused->size() == 1 ? " is" : " are") +
         " paused; name one to go on with it.";
}

/// A run that is paused goes on when it is named; one that asks something is answered.
result<void> wake(target& on, const run_id& id, const pawl::resume_options& how) {
  const auto run = on.get(id);
  if (!run) return run.error();
  const bool answers = how.answer || !how.question.empty();
  if (run->summary.status != run_status::paused && !run->pausing && !answers) return {};
  const auto done = on.resume(id, how);
  return done ? result<void>{} : done.error();
}

result<pawl::resume_options> answer_of(const resume_options& given, const settings& used) {
  pawl::resume_options how;
  how.question = given.question;
  if (given.answer.empty()) return how;
  if (given.ids.size() != 1)
    return error{errc::invalid_argument, "--answer is for one run: name it"};
  auto answer = read_json_argument(given.answer, "the answer", used.run.max_state_bytes * 2);
  if (!answer) return std::move(answer).error();
  how.answer = *std::move(answer);
  return how;
}

exit_code resume(session& s, const resume_options& options) {
  auto ids = parse_run_ids(options.ids);
  if (!ids) return s.fail(ids.error());
  const auto used = s.load_settings();
  if (!used) return s.fail(used.error());
  const auto answer = answer_of(options, used->values);
  if (!answer) return s.fail(answer.error());
  auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  target& open = **opened;
  if (ids->empty()) ids = unfinished_runs(open);
  if (ids && ids->empty()) {
    if (!options.json) s.out().line("Nothing to resume: " + why_none(open));
    return s.close(open, exit_code::ok);
  }
  auto runs = ids ? runs_to_follow(open, *ids) : result<std::vector<followed_run>>{ids.error()};
  if (!runs) {
    const exit_code code = s.fail(runs.error());
    return s.close(open, code);
  }
  drive_options how;
  how.json = options.json;
  how.begin = [&]() -> result<void> {
    for (const auto& id : *ids)
      if (auto woken = wake(open, id, *answer); !woken) return woken;
    return {};
  };
  return drive(s, open, *std::move(runs), how);
}

}  // namespace

void add_resume(CLI::App& to, command_line& line) {
  auto options = std::make_shared<resume_options>();
  auto* const cmd = add_command(
      to, "resume",
      "Go on with the unfinished runs of a store, to their ends; show those of a server.",
      "Examples:\n"
      "  pawl resume --data-dir ./data --allow-exec tar,sha256sum\n"
      "  pawl resume monday --data-dir ./data\n"
      "  pawl resume monday --answer '{\"approved\": true}' --data-dir ./data\n\n"
      "Each run goes on from its last finished step; no finished step runs again. A run\n"
      "that failed is brought back with `pawl runs retry`.");
  cmd->add_option("ID", options->ids, "Only these runs; all unfinished ones if none is named");
  cmd->add_option("--answer", options->answer,
                  "What the run gets for the question it asks: JSON, @FILE, or -")
      ->type_name("JSON");
  cmd->add_option("--question", options->question,
                  "The id of that question, where the run asks several")
      ->type_name("ID");
  cmd->add_flag("--json", options->json, "One JSON object per line and event");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return resume(s, *options); }; });
}

}  // namespace pawl::cli
