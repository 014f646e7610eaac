#include <optional>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/commands/follow_job.hpp"
#include "cli/read.hpp"
#include "cli/text.hpp"
#include "server/job_views.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t max_job_payload_bytes = std::size_t{128} << 10;

struct job_arguments {
  std::string command, filter, reason, signal;
  std::string payload = "null";
  std::optional<std::string> id;
  std::uint32_t rate = 0;
  bool dry_run = false;
  bool detach = false;
  bool yes = false;
  bool json = false;
};

result<job_request> request_of(const job_arguments& given) {
  job_request what;
  const auto command = parse_job_command(given.command);
  if (!command) return command.error();
  what.command = *command;
  what.filter = given.filter;
  what.reason = given.reason;
  what.rate = given.rate;
  what.dry_run = given.dry_run;
  if (what.command == job_command::signal) {
    what.signal = given.signal;
    auto payload = read_json_argument(given.payload, "the payload", max_job_payload_bytes);
    if (!payload) return std::move(payload).error();
    what.payload = *std::move(payload);
  } else if (!given.signal.empty()) {
    return error{errc::invalid_argument, "--signal belongs to the command signal"};
  }
  return what;
}

/// Asks whether the runs that fit now are meant. Errors: `invalid_argument` if not.
result<void> confirm_job(session& s, target& on, const job_request& what) {
  run_filter filter;
  filter.where = what.filter;
  const auto total = on.count(filter);
  if (!total) return total.error();
  const std::string runs = (total->exact ? "" : "at least ") + counted(total->count, "run");
  if (s.is_confirmed(std::string{to_string(what.command)} + " " + runs + "?")) return {};
  return error{errc::invalid_argument,
               runs + (total->count == 1 ? " fits" : " fit") +
                   " the filter; no job was started. Use --yes to start it, or --dry-run to list "
                   "the runs"};
}

exit_code start_job_on(session& s, target& on, const job_arguments& given,
                       const job_request& what) {
  job_options how;
  if (given.id) how.id = job_id{*given.id};
  if (!given.yes && !given.dry_run)
    if (const auto meant = confirm_job(s, on, what); !meant) return s.fail(meant.error());
  const auto started = on.start_job(what, how);
  if (!started) return s.fail(started.error());
  if (!given.detach) return follow_job(s, on, started->id, given.json);
  s.out().line(given.json ? one_line(server::to_json(*started))
                          : "Started job " + started->id.str() + ". Watch it: pawl jobs watch " +
                                started->id.str() + on.hints().read_flags);
  return exit_code::ok;
}

exit_code start_given_job(session& s, const job_arguments& given) {
  const auto what = request_of(given);
  if (!what) return s.fail(what.error());
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  return s.close(**opened, start_job_on(s, **opened, given, *what));
}

struct watch_arguments {
  std::string id;
  bool json = false;
};

exit_code watch_job(session& s, const watch_arguments& given) {
  const auto id = parse_job_id(given.id);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  return s.close(**opened, follow_job(s, **opened, *id, given.json));
}

}  // namespace

void add_jobs_start(CLI::App& to, command_line& line) {
  auto given = std::make_shared<job_arguments>();
  auto* const cmd = add_command(
      to, "start", "Send a command to all runs that fit a filter, and follow it.",
      "Examples:\n"
      "  pawl jobs start retry --filter 'status=failed error=timed_out' \\\n"
      "    --rate 50 --data-dir ./data\n"
      "  pawl jobs start cancel --filter 'flow=order started<-7d' --dry-run \\\n"
      "    --server http://127.0.0.1:7717\n\n"
      "Commands: pause, resume, retry, cancel, terminate, signal, delete. The runs are\n"
      "selected first; one that no longer fits when its turn comes is left as it is.\n"
      "On a server, the job goes on after Ctrl-C, and after a crash of the server.");
  cmd->add_option("COMMAND", given->command, "Command for the runs")->required();
  cmd->add_option("--filter", given->filter, "The runs, as of `pawl runs ls`")
      ->type_name("FILTER")
      ->required()
      ->check(not_empty);
  cmd->add_option("--rate", given->rate, "Maximum number of runs per second; default: no limit")
      ->type_name("N")
      ->check(CLI::Range(1u, 100'000u).description(""));
  cmd->add_option("--reason", given->reason, "Recorded in the history of each run")
      ->type_name("TEXT");
  cmd->add_option("--signal", given->signal, "Name of the signal, for the command signal")
      ->type_name("NAME");
  cmd->add_option("--payload", given->payload,
                  "Data of the signal: JSON, @FILE, or - for standard input; default: null")
      ->type_name("JSON");
  cmd->add_option("--id", given->id, "Id of the job: a repeated start returns the existing job")
      ->type_name("ID")
      ->check(not_empty);
  cmd->add_flag("--dry-run", given->dry_run, "Select and list the runs; change none");
  cmd->add_flag("--detach", given->detach, "Do not follow the job");
  cmd->add_flag("--yes", given->yes, "Do not ask for confirmation");
  cmd->add_flag("--json", given->json, "Print one JSON object");
  add_allow_exec(*cmd, line);
  cmd->callback([&line, given] {
    line.command = [given](session& s) { return start_given_job(s, *given); };
  });
}

void add_jobs_watch(CLI::App& to, command_line& line) {
  auto given = std::make_shared<watch_arguments>();
  auto* const cmd =
      add_command(to, "watch", "Follow a job to its end. In a data folder, it goes on meanwhile.",
                  "Example:\n"
                  "  pawl jobs watch nightly-retry --data-dir ./data");
  cmd->add_option("ID", given->id, "Job ID")->required();
  cmd->add_flag("--json", given->json, "Print one JSON object");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return watch_job(s, *given); }; });
}

}  // namespace pawl::cli
