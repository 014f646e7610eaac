#include <iostream>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/read.hpp"
#include "cli/text.hpp"
#include "flow/definition/definition.hpp"
#include "flow/logic/logic.hpp"

namespace pawl::cli {
namespace {

struct logic_options {
  std::optional<std::string> rule;
  std::string data = "null";
};

constexpr std::size_t max_input_bytes = 64u << 20;
constexpr std::uint32_t max_depth = 600;  // the limit on the nesting of rules is lower

result<json> evaluate(const json& rule, const json& data) {
  const auto compiled = flow::logic::compile(rule);
  if (!compiled) return compiled.error();
  return compiled->evaluate(flow::logic::variables{data});
}

/// Evaluates one line. Returns {"result": …} or {"error": {"type": …, "message": …}}.
json evaluate_line(const std::string& line) {
  const auto failed = [](std::string_view type, const std::string& message) {
    return json{{"error", {{"type", type}, {"message", message}}}};
  };
  const auto request = flow::parse_json(line, "the line", max_input_bytes, max_depth);
  if (!request) return failed("malformed_json", request.error().message);
  if (!request->is_object() || !request->contains("rule")) {
    return failed("malformed_line",
                  "each line must be an object with a \"rule\" and optional \"data\"");
  }
  const auto data = request->find("data");
  const auto got = evaluate(request->at("rule"), data == request->end() ? json{} : *data);
  if (!got) return failed(got.error().error_class(), got.error().message);
  return json{{"result", *got}};
}

/// Writes one result line for each line of standard input, without delay.
exit_code filter(session& s) {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (!s.out().closed() && std::getline(std::cin, line)) {
    s.out().line(one_line(evaluate_line(line)));
    s.out().flush();
  }
  return exit_code::ok;
}

exit_code logic(session& s, const logic_options& options) {
  if (!options.rule) return filter(s);
  const auto rule = read_json_argument(*options.rule, "the rule", max_input_bytes);
  if (!rule) return s.fail(rule.error());
  const auto data = read_json_argument(options.data, "the data", max_input_bytes);
  if (!data) return s.fail(data.error());
  const auto got = evaluate(*rule, *data);
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
      to, "logic", "Evaluate a JSONLogic rule.",
      "Examples:\n"
      "  pawl logic '{\">\": [{\"var\": \"amount\"}, 100]}' '{\"amount\": 120}'\n"
      "  pawl logic @rule.json @data.json\n"
      "  echo '{\"rule\": {\"+\": [1, 2]}}' | pawl logic\n\n"
      "Without arguments, reads an object with \"rule\" and \"data\" from each line of\n"
      "standard input, and writes a line with the \"result\" or \"error\".");
  cmd->add_option("RULE", options->rule, "Rule: JSON, @FILE, or - for standard input");
  cmd->add_option("DATA", options->data, "Input of the rule: JSON, @FILE, or -; default: null");
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return logic(s, *options); }; });
}

}  // namespace pawl::cli
