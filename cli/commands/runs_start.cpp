#include "cli/attribute_options.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/read.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct start_arguments {
  std::string source;  ///< the flow name, or the run to restart
  std::string input = "{}";
  std::string metadata;
  std::string key;
  std::optional<std::string> id;
  std::optional<std::string> version;
  std::optional<std::string> traceparent;
  std::vector<std::string> attributes;
  bool json = false;
};

result<start_options> start_options_of(const start_arguments& given, const settings& used) {
  start_options how;
  how.key = given.key;
  if (given.id) {
    auto id = parse_new_run_id(*given.id);
    if (!id) return error{errc::invalid_argument, "--id: " + id.error().message};
    how.id = *std::move(id);
  }
  if (how.id && !how.key.empty())
    return error{errc::invalid_argument, "--id and --key are mutually exclusive"};
  if (given.traceparent) {
    how.trace = parse_traceparent(*given.traceparent);
    if (!how.trace) {
      return error{errc::invalid_argument,
                   "invalid --traceparent: must be in W3C Trace Context form, such as "
                   "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
    }
  }
  auto attributes = read_attribute_options(given.attributes);
  if (!attributes) return std::move(attributes).error();
  how.attributes = *std::move(attributes);
  if (given.metadata.empty()) return how;
  auto metadata = read_json_argument(given.metadata, "the metadata", used.run.max_state_bytes * 2);
  if (!metadata) return std::move(metadata).error();
  how.metadata = *std::move(metadata);
  return how;
}

void print_started(session& s, target& on, const run_started& run, bool as_json) {
  if (as_json) {
    return s.out().line(one_line({{"id", run.id.str()},
                                  {"flow", run.flow.name.str()},
                                  {"version", to_string(run.flow.version)},
                                  {"status", to_string(run.status)},
                                  {"created", run.created}}));
  }
  const std::string which = printable(run.id.str() + " of " + to_string(run.flow));
  s.out().line(run.created
                   ? "Started run " + which + "."
                   : "Run " + which + " was already started; " + state_text(run.status) + ".");
  run_summary summary;
  summary.key.id = run.id;
  summary.status = run.status;
  s.out().line("next: " + next_command(summary, on.hints()));
}

template <class Start>
exit_code start_with(session& s, const start_arguments& given, Start start) {
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  exit_code code = exit_code::ok;
  const result<run_started> started = start(**opened);
  if (started) {
    print_started(s, **opened, *started, given.json);
  } else {
    code = s.fail(started.error());
  }
  return s.close(**opened, code);
}

/// Calls `run(settings, options)` with what the arguments say.
template <class Run>
exit_code with_options(session& s, const start_arguments& given, Run run) {
  const auto used = s.load_settings();
  if (!used) return s.fail(used.error());
  const auto how = start_options_of(given, used->values);
  if (!how) return s.fail(how.error());
  return run(used->values, *how);
}

struct named_flow {
  std::string flow;
  std::optional<std::string> version;
};

/// What is to be started: "order@1.0.2" names a version unless there is a flow of this name.
result<named_flow> flow_to_start(target& on, const start_arguments& given) {
  const auto cut = given.source.rfind('@');
  if (given.version || cut == std::string::npos) return named_flow{given.source, given.version};
  const auto name = parse_flow_name(given.source);
  if (!name) return name.error();
  const auto whole = on.get_flow(*name, std::nullopt);
  if (whole) return named_flow{given.source, {}};
  if (whole.error().code != errc::not_found) return whole.error();
  return named_flow{given.source.substr(0, cut), given.source.substr(cut + 1)};
}

result<run_started> start_on(target& on, const start_arguments& given, const json& input,
                             start_options how) {
  const auto of = flow_to_start(on, given);
  if (!of) return of.error();
  if (!of->version) return on.start(of->flow, input, how);
  if (const auto range = parse_version_range(*of->version)) {
    how.version = *range;
    return on.start(of->flow, input, how);
  }
  const auto name = parse_flow_name(of->flow);
  if (!name) return name.error();
  const auto labelled = on.find_version(*name, *of->version);
  if (!labelled) return labelled.error();
  how.version = *labelled;
  return on.start(of->flow, input, how);
}

exit_code start_run(session& s, const start_arguments& given) {
  return with_options(s, given, [&](const settings& used, const start_options& how) {
    const auto input = read_json_argument(given.input, "the input", used.run.max_state_bytes * 2);
    if (!input) return s.fail(input.error());
    return start_with(s, given, [&](target& on) { return start_on(on, given, *input, how); });
  });
}

exit_code restart_run(session& s, const start_arguments& given) {
  const auto id = parse_run_id(given.source);
  if (!id) return s.fail(id.error());
  return with_options(s, given, [&](const settings&, const start_options& how) {
    return start_with(s, given, [&](target& on) { return on.restart(*id, how); });
  });
}

struct fork_arguments : start_arguments {
  std::uint64_t checkpoint = 0;
  std::string data = "{}";
};

exit_code fork_run(session& s, const fork_arguments& given) {
  const auto id = parse_run_id(given.source);
  if (!id) return s.fail(id.error());
  return with_options(s, given, [&](const settings& used, const start_options& how) {
    const auto data = read_json_argument(given.data, "the new data", used.run.max_state_bytes * 2);
    if (!data) return s.fail(data.error());
    return start_with(s, given, [&](target& on) {
      return on.fork(*id, {given.checkpoint, *data, how});
    });
  });
}

void add_start_options(CLI::App& to, start_arguments& given) {
  to.add_option("--id", given.id, "Run ID; repeating the command does not start a second run")
      ->type_name("ID");
  to.add_option("--key", given.key, "Idempotency key: any text, in place of --id")
      ->type_name("TEXT")
      ->check(not_empty);
  to.add_option("--metadata", given.metadata, "Metadata of the run: JSON, @FILE, or -")
      ->type_name("JSON");
  add_attribute_option(to, given.attributes);
  to.add_option("--traceparent", given.traceparent,
                "Trace context of the caller (W3C Trace Context)")
      ->type_name("TEXT");
  to.add_flag("--json", given.json, "Print one JSON object");
}

}  // namespace

void add_runs_start(CLI::App& to, command_line& line) {
  auto given = std::make_shared<start_arguments>();
  auto* const cmd = add_command(
      to, "start", "Start a run of a stored flow without following it.",
      "Example:\n"
      "  pawl runs start order --input '{\"amount\": 42}' --server http://127.0.0.1:7717\n\n"
      "A server executes the run. In a data folder, execute it with `pawl resume`.");
  cmd->add_option("FLOW", given->source, "Flow name, or a flow and a version: NAME@X.Y.Z")
      ->required();
  cmd->add_option("--input", given->input, "Initial data of the run, an object: JSON, @FILE, or -")
      ->type_name("JSON");
  cmd->add_option("--version", given->version,
                  "Version or its label, or 1.x or 1.2.x for the newest of these; default: the "
                  "published one")
      ->type_name("X.Y.Z");
  add_start_options(*cmd, *given);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return start_run(s, *given); }; });
}

void add_runs_restart(CLI::App& to, command_line& line) {
  auto given = std::make_shared<start_arguments>();
  auto* const cmd = add_command(
      to, "restart", "Start a new run with the flow and input of a finished run (replay).",
      "Example:\n  pawl runs restart monday --id monday-2 --data-dir ./data\n\n"
      "Alias: pawl runs replay");
  cmd->alias("replay");
  cmd->add_option("ID", given->source, "ID of the finished run")->required();
  add_start_options(*cmd, *given);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return restart_run(s, *given); }; });
}

void add_runs_fork(CLI::App& to, command_line& line) {
  auto given = std::make_shared<fork_arguments>();
  auto* const cmd =
      add_command(to, "fork", "Start a new run from a checkpoint of a run (time travel).",
                  "Example:\n"
                  "  pawl runs fork monday --at 7 --data '{\"amount\": 40}' --data-dir ./data\n\n"
                  "Steps that were under way are started again. The old run is not changed.\n"
                  "`pawl runs history ID --json` has the numbers of the checkpoints.");
  cmd->add_option("ID", given->source, "ID of the run to fork")->required();
  cmd->add_option("--at", given->checkpoint, "Checkpoint to begin from; default: the last one")
      ->type_name("N")
      ->check(positive_number);
  cmd->add_option("--data", given->data, "Top-level keys of the data to set: JSON, @FILE, or -")
      ->type_name("JSON");
  add_start_options(*cmd, *given);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return fork_run(s, *given); }; });
}

}  // namespace pawl::cli
