#include <unistd.h>

#include <iostream>
#include <string>
#include <utility>
#include <variant>

#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/line_input.hpp"
#include "cli/read.hpp"
#include "cli/text.hpp"
#include "flow/definition/definition.hpp"
#include "flow/logic/trial.hpp"

namespace pawl::cli {
namespace {

struct logic_options {
  std::optional<std::string> rule;
  std::string data = "null";
  bool is_template = false;
  bool trace = false;
  bool steps = false;
  bool repl = false;
};

constexpr std::size_t max_input_bytes = 64u << 20;
constexpr std::uint32_t max_depth = 600;  // the limit on the nesting of rules is lower

/// What `now`, `uuid` and `random` read here.
flow::logic::fixed_context context_of_now() {
  return {to_unix_us(wall_clock()), "pawl logic"};
}

flow::logic::inspection inspect(const json& source, bool is_template, const json& data,
                                bool trace) {
  const auto form =
      is_template ? flow::logic::source_form::value_template : flow::logic::source_form::rule;
  return flow::logic::try_out(source, form, data, context_of_now(), trace);
}

result<json> evaluate(const json& source, bool is_template, const json& data) {
  return inspect(source, is_template, data, false).value;
}

/// Evaluates one line. Returns {"result": …} or {"error": {"type": …, "message": …}}.
json evaluate_line(const std::string& line, bool is_template) {
  const auto failed = [](std::string_view type, const std::string& message) {
    return json{{"error", {{"type", type}, {"message", message}}}};
  };
  const auto request = flow::parse_json(line, "the line", max_input_bytes, max_depth);
  if (!request) return failed("malformed_json", request.error().message);
  const std::string key = is_template ? "template" : "rule";
  if (!request->is_object() || !request->contains(key)) {
    return failed("malformed_line",
                  "each line must be an object with a \"" + key + "\" and optional \"data\"");
  }
  const auto data = request->find("data");
  const auto got = evaluate(request->at(key), is_template, data == request->end() ? json{} : *data);
  if (!got) return failed(got.error().error_class(), got.error().message);
  return json{{"result", *got}};
}

/// Writes one result line for each line of standard input, without delay.
exit_code filter(session& s, bool is_template) {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (!s.out().closed() && std::getline(std::cin, line)) {
    s.out().line(one_line(evaluate_line(line, is_template)));
    s.out().flush();
  }
  return exit_code::ok;
}

/// Prints the calls, indented by their depth, and the budget that was used.
void report(session& s, const flow::logic::inspection& found, const logic_options& options) {
  const std::size_t width = s.screen().live ? s.screen().size().columns : 1'000;
  for (const auto& call : found.calls) {
    const std::string value = call.value.empty() ? "failed" : printable(call.value);
    const std::string line =
        std::string(2 * call.depth, ' ') + printable(call.call) + " = " + value;
    s.out().line(fit(line, width, s.style().ellipsis()));
  }
  if (found.is_cut)
    s.out().line("(only the first " + std::to_string(found.calls.size()) + " calls are shown)");
  if (!options.steps) return;
  const flow::logic::limits allowed;
  s.out().line("steps: " + std::to_string(found.steps) + " of " +
               std::to_string(allowed.max_steps) + ", bytes: " + std::to_string(found.bytes) +
               " of " + std::to_string(allowed.max_bytes));
}

exit_code fail(session& s, const error& why) {
  for (const auto& f : why.diagnostics)
    s.print_message((f.pointer.empty() ? "" : "at " + f.pointer + ": ") + f.message);
  const exit_code code = exit_code_of(why.code);
  return why.diagnostics.empty() ? s.fail(code, why.message) : code;
}

exit_code evaluate_and_print(session& s, const json& rule, const json& data,
                             const logic_options& options) {
  const auto found = inspect(rule, options.is_template, data, options.trace);
  report(s, found, options);
  if (!found.value) return fail(s, found.value.error());
  s.out().line(one_line(*found.value));
  return exit_code::ok;
}

constexpr const char* repl_help =
    "A line is a rule, which is evaluated on the data. Commands:\n"
    "  :data JSON|@FILE  set the data; without an argument, show it\n"
    "  :template         lines are templates, or rules again\n"
    "  :trace, :steps    show each call, the budget used; or do not\n"
    "  :help, :quit";

/// Reads rules and commands line by line.
class repl {
 public:
  repl(session& s, logic_options options) : session_(s), options_(std::move(options)) {}

  exit_code run() {
    const bool asks = ::isatty(STDIN_FILENO) == 1;
    line_input lines{STDIN_FILENO, [] { return false; }};
    if (asks) session_.out().line("Rules of JSONLogic; :help shows the commands, :quit ends.");
    while (!session_.out().closed()) {
      if (asks) session_.out().write("> ");
      session_.out().flush();
      const auto next = lines.next();
      const auto* const line = std::get_if<std::string>(&next);
      if (line == nullptr || !handle(*line)) break;
    }
    return exit_code::ok;
  }

 private:
  /// Returns whether to go on.
  bool handle(const std::string& line) {
    if (line.find_first_not_of(" \t\r") == line.npos) return true;
    if (line.starts_with(':')) return command(line);
    const auto rule = flow::parse_json(line, "the rule", max_input_bytes, max_depth);
    if (rule) {
      (void)evaluate_and_print(session_, *rule, data_, options_);
    } else {
      (void)session_.fail(rule.error());
    }
    return true;
  }

  bool command(const std::string& line) {
    const auto space = line.find(' ');
    const std::string name = line.substr(0, space);
    if (name == ":quit" || name == ":q") return false;
    if (name == ":data") {
      set_data(space == line.npos ? "" : line.substr(line.find_first_not_of(' ', space)));
    } else if (name == ":template") {
      toggle(options_.is_template, "templates");
    } else if (name == ":trace") {
      toggle(options_.trace, "trace");
    } else if (name == ":steps") {
      toggle(options_.steps, "steps");
    } else if (name == ":help") {
      session_.out().line(repl_help);
    } else {
      session_.print_message("unknown command " + printable(name) + "; :help shows the commands");
    }
    return true;
  }

  void toggle(bool& what, const std::string& name) {
    what = !what;
    session_.out().line(name + (what ? ": on" : ": off"));
  }

  void set_data(const std::string& argument) {
    if (argument.empty()) return session_.out().line(one_line(data_));
    // A name of a file needs no "@".
    const bool is_json =
        std::string_view{"{[\"-0123456789tfn@"}.find(argument[0]) != std::string_view::npos;
    auto read = argument == "-" ? result<json>{error{errc::invalid_argument,
                                                     "standard input has the rules; name a file"}}
                                : read_json_argument(is_json ? argument : "@" + argument,
                                                     "the data", max_input_bytes);
    if (!read) {
      (void)session_.fail(read.error());
      return;
    }
    data_ = *std::move(read);
  }

  session& session_;
  logic_options options_;
  json data_;
};

exit_code logic(session& s, const logic_options& options) {
  if (!options.rule && !options.repl && ::isatty(STDIN_FILENO) != 1)
    return filter(s, options.is_template);
  if (!options.rule) return repl{s, options}.run();
  const auto rule = read_json_argument(*options.rule, "the rule", max_input_bytes);
  if (!rule) return s.fail(rule.error());
  const auto data = read_json_argument(options.data, "the data", max_input_bytes);
  if (!data) return s.fail(data.error());
  return evaluate_and_print(s, *rule, *data, options);
}

}  // namespace

void add_logic(CLI::App& to, command_line& line) {
  auto options = std::make_shared<logic_options>();
  auto* const cmd = add_command(
      to, "logic", "Evaluate a JSONLogic rule or a template.",
      "Examples:\n"
      "  pawl logic '{\">\": [{\"var\": \"amount\"}, 100]}' '{\"amount\": 120}'\n"
      "  pawl logic @rule.json @data.json\n"
      "  pawl logic --template '{\"id\": {\"var\": \"id\"}, \"n\": 1}' '{\"id\": 7}'\n"
      "  pawl logic --trace '{\"+\": [{\"*\": [2, 3]}, 1]}'\n"
      "  echo '{\"rule\": {\"+\": [1, 2]}}' | pawl logic\n\n"
      "Without arguments on a terminal, and with --repl, reads a rule from each line\n"
      "and evaluates it; :help shows more. Without arguments in a pipe, reads an object\n"
      "with \"rule\" (with --template: \"template\") and \"data\" from each line of\n"
      "standard input, and writes a line with the \"result\" or \"error\".");
  cmd->add_option("RULE", options->rule, "Rule: JSON, @FILE, or - for standard input");
  cmd->add_option("DATA", options->data, "Input of the rule: JSON, @FILE, or -; default: null");
  cmd->add_flag("--template", options->is_template,
                "RULE is a template: the form of values in a flow");
  cmd->add_flag("--trace", options->trace, "Show the value of each call of an operator");
  cmd->add_flag("--steps", options->steps, "Show how much of its budget the rule used");
  cmd->add_flag("--repl", options->repl, "Read rules line by line, also in a pipe");
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return logic(s, *options); }; });
}

}  // namespace pawl::cli
