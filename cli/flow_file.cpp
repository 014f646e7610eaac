#include "cli/flow_file.hpp"

#include <algorithm>
#include <regex>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "actors/flow_cache.hpp"
#include "cli/read.hpp"
#include "cli/text.hpp"
#include "flow/values/http_syntax.hpp"
#include "flow/values/json_location.hpp"
#include "functions/builtins/arguments.hpp"

namespace pawl::cli {
namespace {

bool has_yaml_extension(const std::string& name) {
  const std::string lower = flow::http_syntax::in_lower_case(name);
  return lower.ends_with(".yaml") || lower.ends_with(".yml");
}

bool is_yaml(const std::string& file, std::string_view text) {
  if (file != "-") return has_yaml_extension(file);
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && text[first] != '{' && text[first] != '[';
}

/// Parses the text of a file. An error of its syntax is `invalid_argument`.
result<void> parse(flow_file& file, const flow::limits& allowed) {
  if (file.yaml) {
    auto document = server::parse_yaml(file.text, file.name, allowed.max_bytes, allowed.max_depth);
    if (!document) return std::move(document).error();
    file.source = std::move(document->value);
    file.places = std::move(document->places);
    return {};
  }
  auto value = flow::parse_json(file.text, file.name, allowed.max_bytes, allowed.max_depth);
  if (!value) return std::move(value).error();
  file.source = *std::move(value);
  return {};
}

}  // namespace

bool has_flow_extension(const std::string& name) {
  return has_yaml_extension(name) || flow::http_syntax::in_lower_case(name).ends_with(".json");
}

result<flow_file> read_flow_file(const std::string& file, const settings& s) {
  flow_file read;
  read.name = file == "-" ? "standard input" : printable(file);
  const auto allowed = actors::flow_limits(s);
  auto text = read_text(file, allowed.max_bytes);
  if (!text) return std::move(text).error();
  read.text = *std::move(text);
  read.yaml = is_yaml(file, read.text);
  if (const auto parsed = parse(read, allowed); !parsed) {
    const bool malformed = parsed.error().code == errc::invalid_argument;
    return error{malformed ? errc::invalid_flow : parsed.error().code, parsed.error().message};
  }
  read.compiled = flow::compile(read.source, version{}, allowed);
  functions::check_built_in_calls(read.compiled);
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
    std::string pointer = flow.compiled.places.of(node.pointer + "/data/" + node.code_ref_key);
    diagnostics.push_back({level, std::move(pointer), "unknown_function", std::move(message)});
  }
  return diagnostics;
}

std::string describe(const flow_file& flow, const diagnostic& d) {
  const auto at = flow.yaml ? server::locate(flow.source, flow.places, d.pointer)
                            : flow::locate(flow.text, d.pointer);
  std::string line = flow.name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) +
                     ": " + (d.level == severity::error ? "error: " : "warning: ") +
                     printable(d.message);
  if (!d.pointer.empty()) line += " (" + printable(d.pointer) + ")";
  return line;
}

std::string describe_malformed(const std::string& file, const error& why) {
  const std::string name = file == "-" ? "standard input" : printable(file);
  const std::string text = printable(why.message);
  static const std::regex syntax{R"(^.*? is not (valid \w+) at line (\d+), column (\d+): )"};
  std::smatch found;
  if (std::regex_search(text, found, syntax))
    return name + ":" + found.str(2) + ":" + found.str(3) + ": error: not " + found.str(1) + ": " +
           found.suffix().str();
  static const std::regex place{R"(at line (\d+), column (\d+))"};
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
