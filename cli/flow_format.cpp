#include "cli/flow_format.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "flow/definition/known_keys.hpp"
#include "flow/definition/old_form.hpp"
#include "flow/definition/short_form.hpp"

namespace pawl::cli {
namespace {

/// Maximum number of places that are examined for a comment; then there might be one.
constexpr int max_candidates = 100;
/// Limits of a text that has been read before, less a part of a line.
constexpr std::size_t max_bytes = std::size_t{64} << 20;
constexpr std::uint32_t max_depth = 1'000;

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), key) != known.end();
}

/// Adds the keys of the source that the definition does not have because Pawl ignores them.
void keep_ignored(const flow_file& flow, json& made) {
  for (const auto& [key, value] : flow.source.items())
    if (!is_one_of(key, {"nodes", "edges"})) made.emplace(key, value);
  // A valid flow has all nodes of the source, in their order.
  for (std::size_t i = 0; i < made["nodes"].size(); ++i) {
    const json& source = flow.source["nodes"][i];
    json& node = made["nodes"][i];
    for (const auto& [key, value] : source.items())
      if (flow::is_annotation(key) && !is_one_of(key, {"label", "description"}))
        node.emplace(key, value);
  }
}

bool has_other_keys(const json& object, std::initializer_list<std::string_view> known) {
  if (!object.is_object()) return false;
  for (const auto& [key, value] : object.items())
    if (!is_one_of(key, known)) return true;
  return false;
}

bool has_notes_on_edges(const json& source) {
  if (const auto edges = source.find("edges"); edges != source.end() && edges->is_array()) {
    for (const auto& edge : *edges) {
      if (has_other_keys(
              edge, {"id", "source", "target", "data", "type", "condition", "condition_value"}))
        return true;
      if (edge.contains("data") &&
          has_other_keys(edge["data"],
                         {"when", "on", "on_error", "on_timeout", "each", "body", "into"}))
        return true;
    }
    return false;
  }
  for (const auto& node : source["nodes"])
    for (const char* const links : {"next", "on_error"})
      if (node.contains(links) && node[links].is_array())
        for (const auto& item : node[links])
          if (has_other_keys(item, {"when", "to", "on", "into"})) return true;
  return false;
}

/// Whether a YAML text, which is valid, has a comment: a "#" after a space which can be removed
/// with the rest of its line, and the value stays the same.
bool has_comment(const flow_file& flow) {
  const std::string& text = flow.text;
  int candidates = 0;
  for (auto at = text.find('#'); at != text.npos; at = text.find('#', at + 1)) {
    if (at > 0 && !is_one_of(text.substr(at - 1, 1), {" ", "\t", "\n", "\r"})) continue;
    if (++candidates > max_candidates) return true;
    const auto end = std::min(text.find('\n', at), text.size());
    const auto without =
        server::parse_yaml(text.substr(0, at) + text.substr(end), flow.name, max_bytes, max_depth);
    if (without && without->value == flow.source) return true;
  }
  return false;
}

}  // namespace

nlohmann::ordered_json in_form(const flow_file& flow, flow_form form) {
  json made = form == flow_form::short_form ? flow::to_short_form(flow.compiled.source)
                                            : flow::to_json(flow.compiled.source);
  if (!flow::is_old_form(flow.source)) keep_ignored(flow, made);
  return flow::in_reading_order(made);
}

std::vector<std::string> lost_in_form(const flow_file& flow) {
  std::vector<std::string> lost;
  if (flow.yaml && has_comment(flow)) lost.emplace_back("comments");
  if (flow::is_old_form(flow.source)) {
    lost.emplace_back("form of the previous engine, with what that did not read,");
    return lost;
  }
  if (has_notes_on_edges(flow.source)) lost.emplace_back("labels and other notes on edges");
  return lost;
}

}  // namespace pawl::cli
