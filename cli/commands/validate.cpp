#include "cli/commands/commands.hpp"
#include "cli/flow_file.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct validate_options {
  std::vector<std::string> files;
  bool strict = false;
  bool json = false;
};

json to_json(const diagnostic& f) {
  return {{"level", f.level == severity::error ? "error" : "warning"},
          {"pointer", f.pointer},
          {"code", f.code},
          {"message", f.message}};
}

void print_json(session& s, const std::string& file, bool valid, const json& diagnostics) {
  s.out().line(one_line({{"file", file}, {"valid", valid}, {"faults", diagnostics}}));
}

/// A file that could not even be read as JSON, or not at all.
exit_code tell_unreadable(session& s, const std::string& file, const error& why, bool as_json) {
  const bool malformed = why.code == errc::invalid_flow;
  if (as_json) {
    const char* const code = malformed ? "malformed_json" : "unreadable";
    print_json(s, file, false, json::array({to_json({severity::error, "", code, why.message})}));
  } else if (malformed) {
    s.out().line("error: " + printable(why.message));
  } else {
    s.say(why.message);
  }
  return exit_code_of(why.code);
}

exit_code validate_one(session& s, const std::string& file, const settings& used,
                       const std::vector<function_info>& functions,
                       const validate_options& options) {
  const auto read = read_flow_file(file, used);
  if (!read) return tell_unreadable(s, file, read.error(), options.json);
  auto diagnostics = read->compiled.diagnostics;
  for (auto& f : unknown_functions(*read, functions, severity::warning))
    diagnostics.push_back(std::move(f));
  const std::size_t errors = error_count(diagnostics);
  const std::size_t warnings = diagnostics.size() - errors;
  const bool valid = errors == 0 && (!options.strict || warnings == 0);
  if (options.json) {
    json list = json::array();
    for (const auto& f : diagnostics) list.push_back(to_json(f));
    print_json(s, file, valid, list);
  } else {
    for (const auto& f : diagnostics) s.out().line(describe(*read, f));
    const auto& flow = read->compiled.source;
    std::string line = read->name + ": " + (valid ? "valid" : "not valid");
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
  const engine known{loaded->values};
  const auto functions = known.functions().list();
  exit_code worst = exit_code::ok;
  for (const auto& file : options.files) {
    const exit_code code = validate_one(s, file, loaded->values, functions, options);
    if (worst == exit_code::ok) worst = code;
  }
  return worst;
}

}  // namespace

void add_validate(CLI::App& to, command_line& line) {
  auto options = std::make_shared<validate_options>();
  auto* const cmd = add_command(
      to, "validate", "Check flow definitions: every fault at once, each with its place.",
      "Examples:\n"
      "  pawl validate flows/*.json\n"
      "  pawl validate order.json --strict --json\n\n"
      "Functions that are not built in are warnings: a program that embeds Pawl may have them.");
  cmd->add_option("FLOW", options->files, "Files with flow definitions; - is standard input")
      ->required();
  cmd->add_flag("--strict", options->strict, "Warnings make a flow invalid too");
  cmd->add_flag("--json", options->json, "One JSON object per file");
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return validate(s, *options); }; });
}

}  // namespace pawl::cli
