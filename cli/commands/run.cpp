#include <chrono>

#include <pawl/suggest.hpp>

#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/flow_file.hpp"
#include "cli/read.hpp"
#include "cli/text.hpp"
#include "cli/view/tree_watcher.hpp"
#include "runtime/ids.hpp"

namespace pawl::cli {
namespace {

struct run_options {
  std::string flow;
  std::string input = "{}";
  std::optional<std::string> id;
  std::optional<std::string> timeout;
  bool json = false;
};

/// Text of a run's input: it may be written with spaces, so more than its data may have.
constexpr std::size_t min_input_bytes = 64u << 20;

/// Everything that a start needs and that can be found wrong before there is an engine.
struct prepared {
  flow_file flow;
  json input;
  std::optional<run_id> id;
  drive_options drive;
};

/// Prints what is wrong with a flow, and says so if it cannot be run for it. A server may get a
/// worker for what it does not know itself.
result<void> check(session& s, flow_file& flow, const settings& used) {
  auto& diagnostics = flow.compiled.diagnostics;
  const auto functions = s.known_functions(used);
  if (!functions) return functions.error();
  const severity level = s.is_served() ? severity::warning : severity::error;
  for (auto& f : unknown_functions(flow, *functions, level)) diagnostics.push_back(std::move(f));
  s.out().flush();
  for (const auto& f : diagnostics) write_error(describe(flow, f));
  const std::size_t errors = error_count(diagnostics);
  if (errors == 0) return {};
  return error{errc::invalid_flow,
               flow.name + " has " + counted(errors, "fault") + "; nothing was started"};
}

result<prepared> prepare(session& s, const run_options& options, const settings& used) {
  prepared ready;
  ready.drive.json = options.json;
  if (options.flow == "-" && options.input == "-") {
    return error{errc::invalid_argument,
                 "the flow and its input cannot both come from standard input"};
  }
  if (options.timeout) {
    auto timeout = parse_duration(*options.timeout);
    if (!timeout) return error{errc::invalid_argument, "--timeout: " + timeout.error().message};
    ready.drive.timeout = *timeout;
  }
  if (options.id) {
    auto id = parse_run_id(*options.id);
    if (!id) return error{errc::invalid_argument, "--id: " + id.error().message};
    ready.id = *std::move(id);
  }
  auto flow = read_flow_file(options.flow, used);
  if (!flow) return std::move(flow).error();
  ready.flow = *std::move(flow);
  if (const auto good = check(s, ready.flow, used); !good) return good.error();
  const std::size_t most = std::max<std::size_t>(min_input_bytes, used.run.max_state_bytes * 2);
  auto input = read_json_argument(options.input, "the input", most);
  if (!input) return std::move(input).error();
  ready.input = *std::move(input);
  if (!ready.input.is_object()) {
    return error{errc::invalid_flow, std::string{"the input must be a JSON object, such as "
                                                 "{\"amount\": 42}, not "} +
                                         ready.input.type_name()};
  }
  return ready;
}

/// The version under which a run of this id was started, if that was of this very flow.
result<version> version_of(target& open, const prepared& ready, const run_view& existing) {
  const auto& id = existing.summary.flow;
  const auto stored = open.get_flow(id.name, id.version);
  if (!stored) return stored.error();
  if (stored->definition == flow::to_json(ready.flow.compiled.source)) return id.version;
  return error{errc::already_exists, "run " + ready.id->str() +
                                         " was started with another definition, " + to_string(id) +
                                         "; choose another --id, or go on with `pawl resume`"};
}

/// The run as it is to be followed, and what starts it.
result<followed_run> make_run(target& open, prepared& ready) {
  followed_run run;
  start_options options;
  auto existing = ready.id ? open.get(*ready.id) : result<run_view>{error{errc::not_found, ""}};
  if (existing) {
    const auto version = version_of(open, ready, *existing);
    if (!version) return version.error();
    options.version = *version;
    auto known = known_run(open, *ready.id);
    if (!known) return known;
    run = *std::move(known);
  } else if (existing.error().code != errc::not_found) {
    return std::move(existing).error();
  } else {
    const auto stored = open.put_flow(ready.flow.source, {});
    if (!stored) return stored.error();
    options.version = stored->id.version;
    run.id = ready.id ? *ready.id : make_uuid_source()->next(wall_clock());
    run.flow = stored->id;
    run.definition = std::make_shared<const flow::definition>(ready.flow.compiled.source);
    run.created_at = wall_clock();
  }
  options.id = run.id;
  ready.drive.begin = [&open, &ready, name = run.flow.name.str(), options]() -> result<void> {
    const auto started = open.start(name, ready.input, options);
    if (!started) return started.error();
    return {};
  };
  return run;
}

exit_code run(session& s, const run_options& options) {
  const auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  auto ready = prepare(s, options, loaded->values);
  if (!ready) return s.fail(ready.error());
  auto opened = s.open_target(loaded->values, store_use::memory);
  if (!opened) return s.fail(opened.error());
  target& open = **opened;
  auto followed = make_run(open, *ready);
  if (!followed) {
    const exit_code code = s.fail(followed.error());
    return s.close(open, code);
  }
  std::vector<followed_run> runs;
  runs.push_back(*std::move(followed));
  return drive(s, open, std::move(runs), ready->drive);
}

}  // namespace

void add_run(CLI::App& to, command_line& line) {
  auto options = std::make_shared<run_options>();
  auto* const cmd = add_command(
      to, "run", "Run a flow, show each step as it happens, and end with the run's exit code.",
      "Examples:\n"
      "  pawl run order.json --input '{\"amount\": 42}'\n"
      "  pawl run backup.json --data-dir ./data --allow-exec tar,sha256sum --id monday\n"
      "  pawl run order.json --server http://127.0.0.1:7717\n"
      "  generate | pawl run order.json --input - --json\n\n"
      "Without --data-dir the run is kept in memory. With it, a run that was killed goes on with\n"
      "`pawl resume`, or with the same `pawl run --id`, which starts a run once only.");
  cmd->add_option("FLOW", options->flow, "File with the flow definition; - is standard input")
      ->required();
  cmd->add_option("--input", options->input,
                  "The run's first data, an object: JSON, @FILE, or - for standard input")
      ->type_name("JSON");
  cmd->add_option("--id", options->id, "Name the run; a run of this name is followed, not repeated")
      ->type_name("ID");
  cmd->add_option("--timeout", options->timeout, "Stop if the run takes longer: 90s, 5m, 2h")
      ->type_name("TIME");
  cmd->add_flag("--json", options->json, "One JSON object per line and event");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return run(s, *options); }; });
}

}  // namespace pawl::cli
