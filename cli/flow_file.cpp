#include "cli/flow_file.hpp"

#include <algorithm>
#include <regex>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "actors/flow_cache.hpp"
#include "cli/read.hpp"
#include "cli/text.hpp"
#include "flow/values/json_location.hpp"
#include "functions/builtins/arguments.hpp"

namespace pawl::cli {
namespace {

/// Pointer to a node's code_ref in the source. The old engine spells the key codeRef.
std::string code_ref_pointer(const json& source, const flow::node_definition& node) {
  const json::json_pointer data{node.pointer + "/data"};
  const bool old_spelling = source.contains(data) && !source.at(data).contains("code_ref");
  return node.pointer + (old_spelling ? "/data/codeRef" : "/data/code_ref");
}

}  // namespace

result<flow_file> read_flow_file(const std::string& file, const settings& s) {
  flow_file read;
  read.name = file == "-" ? "standard input" : printable(file);
  const auto allowed = actors::flow_limits(s);
  auto text = read_text(file, allowed.max_bytes);
  if (!text) return std::move(text).error();
  read.text = *std::move(text);
  auto source = flow::parse_json(read.text, read.name, allowed.max_bytes, allowed.max_depth);
  if (!source) {
    const bool malformed = source.error().code == errc::invalid_argument;
    return error{malformed ? errc::invalid_flow : source.error().code, source.error().message};
  }
  read.source = *std::move(source);
  read.compiled = flow::compile(read.source, version{}, allowed);
  functions::check_built_in_calls(read.compiled.source, read.compiled.diagnostics);
  return read;
}

std::vector<diagnostic> unknown_functions(const flow_file& flow,
                                          const std::vector<function_info>& known, severity level) {
  std::vector<std::string_view> names;
  for (const auto& function : known) names.emplace_back(function.code_ref);
  std::vector<diagnostic> diagnostics;
  for (const auto& node : flow.compiled.source.nodes) {
    const auto code_ref = node.data.find("code_ref");
    if (node.type != "task" || code_ref == node.data.end() || !code_ref->is_string()) continue;
    const auto& name = code_ref->get_ref<const std::string&>();
    if (std::find(names.begin(), names.end(), name) != names.end() || !check_code_ref(name))
      continue;
    std::string message = "unknown function " + pawl::quoted(name);
    if (const auto meant = nearest(name, names)) {
      message += "; did you mean " + pawl::quoted(*meant) + "?";
    } else {
      message += "; `pawl functions` lists all functions";
    }
    diagnostics.push_back(
        {level, code_ref_pointer(flow.source, node), "unknown_function", std::move(message)});
  }
  return diagnostics;
}

std::string describe(const flow_file& flow, const diagnostic& d) {
  const auto at = flow::locate(flow.text, d.pointer);
  std::string line = flow.name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) +
                     ": " + (d.level == severity::error ? "error: " : "warning: ") +
                     printable(d.message);
  if (!d.pointer.empty()) line += " (" + printable(d.pointer) + ")";
  return line;
}

std::string describe_malformed(const std::string& file, const error& why) {
  const std::string name = file == "-" ? "standard input" : printable(file);
  std::string text = printable(why.message);
  if (text.starts_with(name + " is not valid JSON")) text.erase(0, name.size() + 4);
  static const std::regex place{R"(at line (\d+), column (\d+))"};
  std::smatch found;
  std::string at = name;
  if (std::regex_search(text, found, place)) at += ":" + found.str(1) + ":" + found.str(2);
  return at + ": error: " + text;
}

std::size_t error_count(const std::vector<diagnostic>& diagnostics) noexcept {
  return static_cast<std::size_t>(
      std::count_if(diagnostics.begin(), diagnostics.end(),
                    [](const diagnostic& d) { return d.level == severity::error; }));
}

}  // namespace pawl::cli
