#include "cli/commands/commands.hpp"
#include "cli/flow_check.hpp"
#include "cli/flow_file.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct validate_options {
  std::vector<std::string> files;
  flow_check check;
  bool json = false;
};

json to_json(const diagnostic& d) {
  return {{"level", d.level == severity::error ? "error" : "warning"},
          {"pointer", d.pointer},
          {"code", d.code},
          {"message", d.message}};
}

/// `faults` is the name of `diagnostics` in version 0.1.
void print_json(session& s, const std::string& file, bool valid, const json& diagnostics) {
  s.out().line(one_line(
      {{"file", file}, {"valid", valid}, {"diagnostics", diagnostics}, {"faults", diagnostics}}));
}

/// Reports a file that cannot be read or is not JSON.
exit_code report_unreadable(session& s, const std::string& file, const error& why, bool as_json) {
  const bool malformed = why.code == errc::invalid_flow;
  if (as_json) {
    const bool is_yaml = why.message.find(" is not valid YAML at ") != std::string::npos;
    const char* const code = !malformed ? "unreadable"
                             : is_yaml  ? "malformed_yaml"
                                        : "malformed_json";
    print_json(s, file, false, json::array({to_json({severity::error, "", code, why.message})}));
  } else if (malformed) {
    s.out().line(describe_malformed(file, why));
  } else {
    s.print_message(why.message);
  }
  return exit_code_of(why.code);
}

exit_code validate_one(session& s, const std::string& file, const settings& used,
                       const std::vector<function_info>& functions,
                       const validate_options& options) {
  const auto read = read_flow_file(file, used);
  if (!read) return report_unreadable(s, file, read.error(), options.json);
  auto diagnostics = read->compiled.diagnostics;
  for (auto& d : unknown_functions(*read, functions, severity::warning))
    diagnostics.push_back(std::move(d));
  const std::size_t errors = error_count(diagnostics);
  const std::size_t warnings = diagnostics.size() - errors;
  const bool valid = errors == 0 && (!options.check.strict || warnings == 0);
  if (options.json) {
    json list = json::array();
    for (const auto& d : diagnostics) list.push_back(to_json(d));
    print_json(s, file, valid, list);
  } else {
    for (const auto& d : diagnostics) s.out().line(describe(*read, d));
    const auto& flow = read->compiled.source;
    std::string line = read->name + ": " + (valid ? "valid" : "invalid");
    if (!diagnostics.empty())
      line += ", " + counted(errors, "error") + ", " + counted(warnings, "warning");
    if (errors == 0)
      line += " (" + counted(flow.nodes.size(), "node") + ", " +
              counted(flow.edges.size(), "edge") + ")";
    s.out().line(line);
  }
  return valid ? exit_code::ok : exit_code::invalid_input;
}

exit_code validate(session& s, const validate_options& options) {
  const auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  const auto functions = known_functions(s, loaded->values, options.check, s.names_server());
  if (!functions) return s.fail(functions.error());
  exit_code worst = exit_code::ok;
  for (const auto& file : options.files) {
    const exit_code code = validate_one(s, file, loaded->values, *functions, options);
    if (worst == exit_code::ok) worst = code;
  }
  return worst;
}

}  // namespace

void add_validate(CLI::App& to, command_line& line) {
  auto options = std::make_shared<validate_options>();
  auto* const cmd =
      add_command(to, "validate", "Check flow definitions and print all diagnostics.",
                  "Examples:\n"
                  "  pawl validate flows/*.json\n"
                  "  pawl validate order.json --strict --json\n"
                  "  pawl validate order.json --strict --worker-function orders.charge\n"
                  "  pawl validate order.json --strict --server http://127.0.0.1:7717\n\n"
                  "An unknown function is a warning: a worker or an embedding program may provide\n"
                  "it. With --server, the functions of the server and its workers are known.");
  cmd->add_option("FLOW", options->files, "Files with flow definitions, or - for standard input")
      ->required();
  add_flow_check(*cmd, options->check);
  cmd->add_flag("--json", options->json, "Print one JSON object per file");
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return validate(s, *options); }; });
}

}  // namespace pawl::cli
