#include <iostream>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/read.hpp"
#include "cli/text.hpp"
#include "flow/definition/definition.hpp"
#include "flow/logic/logic.hpp"
#include "flow/logic/value_template.hpp"

namespace pawl::cli {
namespace {

struct logic_options {
  std::optional<std::string> rule;
  std::string data = "null";
  bool is_template = false;
};

constexpr std::size_t max_input_bytes = 64u << 20;
constexpr std::uint32_t max_depth = 600;  // the limit on the nesting of rules is lower

template <class Compiled>
result<json> evaluate(const result<Compiled>& compiled, const json& data) {
  if (!compiled) return compiled.error();
  return compiled->evaluate(flow::logic::variables{data});
}

result<json> evaluate(const json& source, bool is_template, const json& data) {
  return is_template ? evaluate(flow::logic::compile_template(source), data)
                     : evaluate(flow::logic::compile(source), data);
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

exit_code logic(session& s, const logic_options& options) {
  if (!options.rule) return filter(s, options.is_template);
  const auto rule = read_json_argument(*options.rule, "the rule", max_input_bytes);
  if (!rule) return s.fail(rule.error());
  const auto data = read_json_argument(options.data, "the data", max_input_bytes);
  if (!data) return s.fail(data.error());
  const auto got = evaluate(*rule, options.is_template, *data);
  if (!got) {
    for (const auto& f : got.error().diagnostics)
      s.print_message((f.pointer.empty() ? "" : "at " + f.pointer + ": ") + f.message);
    const exit_code code = exit_code_of(got.error().code);
    return got.error().diagnostics.empty() ? s.fail(code, got.error().message) : code;
  }
  s.out().line(one_line(*got));
  return exit_code::ok;
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
      "  echo '{\"rule\": {\"+\": [1, 2]}}' | pawl logic\n\n"
      "Without arguments, reads an object with \"rule\" (with --template: \"template\") and\n"
      "\"data\" from each line of standard input, and writes a line with the \"result\" or\n"
      "\"error\".");
  cmd->add_option("RULE", options->rule, "Rule: JSON, @FILE, or - for standard input");
  cmd->add_option("DATA", options->data, "Input of the rule: JSON, @FILE, or -; default: null");
  cmd->add_flag("--template", options->is_template,
                "RULE is a template: the form of values in a flow");
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return logic(s, *options); }; });
}

}  // namespace pawl::cli
