#include "flow/definition/known_keys.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

namespace pawl::flow {
namespace {

/// Keys of React Flow and similar editors, on nodes, edges and flows, sorted.
constexpr auto editor_keys = std::to_array<std::string_view>({"animated",
                                                              "ariaLabel",
                                                              "className",
                                                              "color",
                                                              "comment",
                                                              "connectable",
                                                              "deletable",
                                                              "description",
                                                              "draggable",
                                                              "dragging",
                                                              "expandParent",
                                                              "extent",
                                                              "focusable",
                                                              "height",
                                                              "hidden",
                                                              "icon",
                                                              "initialHeight",
                                                              "initialWidth",
                                                              "label",
                                                              "labelBgStyle",
                                                              "labelStyle",
                                                              "markerEnd",
                                                              "markerStart",
                                                              "measured",
                                                              "notes",
                                                              "parentId",
                                                              "parentNode",
                                                              "pathOptions",
                                                              "position",
                                                              "positionAbsolute",
                                                              "reconnectable",
                                                              "resizing",
                                                              "selectable",
                                                              "selected",
                                                              "sourceHandle",
                                                              "sourcePosition",
                                                              "style",
                                                              "targetHandle",
                                                              "targetPosition",
                                                              "ui",
                                                              "viewport",
                                                              "width",
                                                              "x",
                                                              "y",
                                                              "zIndex"});
static_assert(std::is_sorted(editor_keys.begin(), editor_keys.end()));

/// Keys of other workflow languages, each with a key that means the same here. A key may stand
/// several times; the first meaning that is known where the key stands counts.
constexpr auto other_keys = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"arguments", "args"},
    {"arguments", "with"},
    {"at", "until"},
    {"attempts", "max_attempts"},
    {"attempts", "retry"},
    {"backoff", "retry"},
    {"catch", "on_error"},
    {"concurrency", "max_concurrency"},
    {"cond", "when"},
    {"condition", "expr"},
    {"condition", "when"},
    {"deadline", "total_timeout"},
    {"deadline", "timeout"},
    {"delay", "duration"},
    {"endpoint", "url"},
    {"error", "on_error"},
    {"event", "name"},
    {"expression", "expr"},
    {"flow_name", "name"},
    {"fn", "code_ref"},
    {"for_each", "each"},
    {"foreach", "items"},
    {"from", "source"},
    {"handler", "code_ref"},
    {"if", "when"},
    {"if", "expr"},
    {"inputs", "input"},
    {"inputs", "with"},
    {"interval", "initial_interval"},
    {"kind", "type"},
    {"links", "edges"},
    {"loop", "items"},
    {"max_retries", "retry"},
    {"multiplier", "backoff"},
    {"output", "into"},
    {"parallelism", "max_concurrency"},
    {"parameters", "args"},
    {"parameters", "input"},
    {"params", "args"},
    {"params", "query"},
    {"payload", "json"},
    {"payload", "with"},
    {"prompt", "question"},
    {"result_key", "into"},
    {"retries", "retry"},
    {"retry_policy", "retry"},
    {"rule", "expr"},
    {"rule", "when"},
    {"save_as", "into"},
    {"schema", "input_schema"},
    {"seconds", "duration"},
    {"signal", "name"},
    {"sleep", "duration"},
    {"steps", "nodes"},
    {"tasks", "nodes"},
    {"test", "expr"},
    {"timeout_ms", "timeout"},
    {"timeout_seconds", "timeout"},
    {"title", "name"},
    {"to", "target"},
    {"transitions", "edges"},
    {"uri", "url"},
    {"variables", "values"},
    {"when", "expr"},
    {"workflow", "flow"},
});

std::optional<std::string_view> meant_by(std::string_view unknown,
                                         std::span<const std::string_view> known) {
  for (const auto& [other, meant] : other_keys)
    if (other == unknown && std::find(known.begin(), known.end(), meant) != known.end())
      return meant;
  return nearest(unknown, known);
}

}  // namespace

bool is_annotation(std::string_view key) noexcept {
  return key.starts_with("x-") || key.starts_with('_') || key.starts_with('$') ||
         std::binary_search(editor_keys.begin(), editor_keys.end(), key);
}

std::string hint_for_key(std::string_view unknown, std::span<const std::string_view> known) {
  if (const auto meant = meant_by(unknown, known))
    return "; did you mean " + pawl::quoted(*meant) + "?";
  std::string all;
  for (const auto key : known) all += (all.empty() ? "" : ", ") + std::string{key};
  return all.empty() ? "" : "; known keys: " + all;
}

}  // namespace pawl::flow
