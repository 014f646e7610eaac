#include <algorithm>
#include <chrono>

#include <pawl/suggest.hpp>

#include "cli/attribute_options.hpp"
#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/flow_check.hpp"
#include "cli/flow_file.hpp"
#include "cli/follow_and_report.hpp"
#include "cli/questions.hpp"
#include "cli/read.hpp"
#include "cli/text.hpp"
#include "flow/definition/short_form.hpp"
#include "runtime/ids.hpp"

namespace pawl::cli {
namespace {

struct run_options {
  std::string flow;
  std::string input = "{}";
  std::optional<std::string> id;
  std::optional<std::string> timeout;
  std::vector<std::string> answers;
  std::vector<std::string> attributes;
  flow_check check;
  bool json = false;
};

/// Minimum limit on the text of an input. Whitespace can make it larger than the run's data.
constexpr std::size_t min_input_bytes = 64u << 20;

/// The validated arguments of a start.
struct prepared_start {
  flow_file flow;
  json input;
  std::optional<run_id> id;
  attribute_map attributes;
  report_options follow;
};

/// Prints the diagnostics of a flow, and fails if there are errors. On a server an unknown function
/// is a warning only, because a worker may provide it.
result<void> check(session& s, flow_file& flow, const settings& used, const flow_check& how) {
  auto& diagnostics = flow.compiled.diagnostics;
  const auto functions = known_functions(s, used, how, s.uses_server());
  if (!functions) return functions.error();
  const severity level = s.uses_server() ? severity::warning : severity::error;
  for (auto& d : unknown_functions(flow, *functions, level)) diagnostics.push_back(std::move(d));
  s.out().flush();
  for (const auto& d : diagnostics) write_error(describe(flow, d));
  return check_diagnostics(flow, diagnostics, how, "no run was started");
}

/// Refuses a flow whose run could never finish: it waits for a signal or an answer, but no other
/// process can reach a run in memory, and there is no terminal to ask on. A node with a timeout
/// ends its wait itself.
result<void> check_waits(const prepared_start& ready) {
  const auto asks_question = [](const flow::node_definition& node) {
    if (node.type == "interrupt") return true;
    const auto events = node.data.find("for");
    return node.type == "await" && events != node.data.end() &&
           std::any_of(events->begin(), events->end(),
                       [](const json& event) { return event.contains("answer"); });
  };
  for (const auto& node : ready.flow.compiled.source.nodes) {
    const bool asks = asks_question(node);
    const bool waits = asks || node.type == "signal" || node.type == "await";
    const bool is_answered = asks && !ready.follow.answers.empty();
    if (!waits || is_answered || node.data.contains("timeout") || node.data.contains("until"))
      continue;
    return error{errc::invalid_argument,
                 "node " + printable(node.id) + " waits for " + (asks ? "an answer" : "a signal") +
                     ", which cannot be sent to a run in memory: use --data-dir DIR to store the "
                     "run, --server URL" +
                     (asks ? ", --answer JSON" : "") + " or a terminal. No run was started"};
  }
  return {};
}

result<std::vector<json>> read_answers(const run_options& options, const settings& used) {
  std::vector<json> answers;
  for (const auto& text : options.answers) {
    auto answer = read_json_argument(text, "the answer", used.run.max_state_bytes * 2);
    if (!answer) return std::move(answer).error();
    answers.push_back(*std::move(answer));
  }
  return answers;
}

result<prepared_start> prepare(session& s, const run_options& options, const settings& used) {
  prepared_start ready;
  ready.follow.json = options.json;
  if (options.flow == "-" && options.input == "-") {
    return error{errc::invalid_argument, "flow and input cannot both be read from standard input"};
  }
  if (options.timeout) {
    auto timeout = parse_duration(*options.timeout);
    if (!timeout) return error{errc::invalid_argument, "--timeout: " + timeout.error().message};
    ready.follow.timeout = *timeout;
  }
  if (options.id) {
    auto id = parse_new_run_id(*options.id);
    if (!id) return error{errc::invalid_argument, "--id: " + id.error().message};
    ready.id = *std::move(id);
  }
  auto attributes = read_attribute_options(options.attributes);
  if (!attributes) return std::move(attributes).error();
  ready.attributes = *std::move(attributes);
  auto flow = read_flow_file(options.flow, used);
  if (!flow) return std::move(flow).error();
  ready.flow = *std::move(flow);
  if (const auto good = check(s, ready.flow, used, options.check); !good) return good.error();
  auto answers = read_answers(options, used);
  if (!answers) return std::move(answers).error();
  ready.follow.answers = *std::move(answers);
  const bool in_memory = !s.uses_server() && !used.storage.is_kept();
  if (in_memory && (options.json || !can_ask_on_terminal()))
    if (const auto good = check_waits(ready); !good) return good.error();
  const std::size_t max_bytes =
      std::max<std::size_t>(min_input_bytes, used.run.max_state_bytes * 2);
  auto input = read_json_argument(options.input, "the input", max_bytes);
  if (!input) return std::move(input).error();
  ready.input = *std::move(input);
  if (!ready.input.is_object()) {
    return error{errc::invalid_flow,
                 "the input must be a JSON object such as {\"amount\": 42}, not " +
                     std::string{ready.input.type_name()}};
  }
  return ready;
}

/// The flow version of the existing run with this ID. Fails if its definition differs.
result<version> version_of(target& open, const prepared_start& ready, const run_view& existing) {
  const auto& id = existing.summary.flow;
  const auto stored = open.get_flow(id.name, id.version);
  if (!stored) return stored.error();
  if (flow::means_the_same(stored->definition, ready.flow.compiled.source)) return id.version;
  return error{errc::already_exists, "run " + ready.id->str() +
                                         " was started with another definition, " + to_string(id) +
                                         "; use another --id, or continue it with `pawl resume`"};
}

/// Prepares the run to follow, and sets `ready.follow.begin` to start it.
result<followed_run> make_run(target& open, prepared_start& ready) {
  followed_run run;
  start_options options;
  auto existing = ready.id ? open.get(*ready.id) : result<run_view>{error{errc::not_found, ""}};
  if (existing) {
    const auto version = version_of(open, ready, *existing);
    if (!version) return version.error();
    options.version = *version;
    auto known = load_run(open, *ready.id);
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
  options.attributes = ready.attributes;
  ready.follow.begin = [&open, &ready, name = run.flow.name.str(),
                        options](const run_id&) -> result<void> {
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
  return follow_and_report(s, open, std::move(runs), ready->follow);
}

}  // namespace

void add_run(CLI::App& to, command_line& line) {
  auto options = std::make_shared<run_options>();
  auto* const cmd = add_command(
      to, "run", "Run a flow and follow it to its end.",
      "Examples:\n"
      "  pawl run order.json --input '{\"amount\": 42}'\n"
      "  pawl run backup.json --data-dir ./data --allow-exec tar,sha256sum --id monday\n"
      "  pawl run order.json --server http://127.0.0.1:7717\n"
      "  pawl run approval.json --answer '{\"approved\": true}' --data-dir ./data\n"
      "  generate | pawl run order.json --input - --json\n\n"
      "Without --data-dir the run is in memory and lost when the program ends. With\n"
      "--data-dir, continue an interrupted run with `pawl resume`, or repeat the same\n"
      "`pawl run --id` command: it never starts a run twice.\n"
      "Questions of the run are asked on the terminal. A run that waits for a signal or\n"
      "an answer ends the command with exit code 8, which prints how to continue.");
  cmd->add_option("FLOW", options->flow, "File with the definition, or - for standard input")
      ->required();
  cmd->add_option("--input", options->input,
                  "Initial data of the run, an object: JSON, @FILE, or - for standard input")
      ->type_name("JSON");
  cmd->add_option("--id", options->id,
                  "Run ID; an existing run with this ID is continued, not started again")
      ->type_name("ID");
  add_attribute_option(*cmd, options->attributes);
  cmd->add_option("--timeout", options->timeout, "Stop if the run takes longer: 90s, 5m, 2h")
      ->type_name("TIME");
  cmd->add_option("--answer", options->answers,
                  "Answer to a question of the run: JSON, @FILE, or -; repeat it for the next one")
      ->type_name("JSON")
      ->allow_extra_args(false);
  add_flow_check(*cmd, options->check);
  cmd->add_flag("--json", options->json, "Print one JSON object per event");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return run(s, *options); }; });
}

}  // namespace pawl::cli
