#include "flow/definition/flow_section.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/definition/graph.hpp"
#include "flow/definition/known_keys.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

/// Where the section is until `place_in_flow` moves its diagnostics.
constexpr std::string_view section_pointer = "/(flow)";

/// Reads the keys that make a section of a flow.
class flow_section_reader {
 public:
  flow_section_reader(const json& source, std::vector<diagnostic>& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  node_definition node() const {
    node_definition made;
    made.id = flow_section_id;
    made.type = "section";
    made.pointer = section_pointer;
    for (const char* const key : {"timeout", "until", "compensate"})
      if (const auto found = source_.find(key); found != source_.end() && !found->is_null())
        made.data[key] = *found;
    return made;
  }

  std::vector<edge_definition> handlers() {
    if (const auto written = source_.find("on_error");
        written != source_.end() && !written->is_null())
      read_handlers(*written);
    if (const auto late = source_.find("on_timeout"); late != source_.end() && !late->is_null()) {
      if (auto edge = edge_to(*late, "/on_timeout", "/on_timeout")) {
        edge->on_timeout = true;
        edges_.push_back(*std::move(edge));
      }
    }
    return std::move(edges_);
  }

 private:
  void fail(std::string pointer, const char* code, std::string message) {
    diagnostics_.push_back({severity::error, std::move(pointer), code, std::move(message)});
  }

  std::optional<edge_definition> edge_to(const json& target, const std::string& at,
                                         std::string target_at) {
    if (target.is_string() && !target.get_ref<const std::string&>().empty())
      return edge_definition{std::string{flow_section_id}, target.get<std::string>(), {}, at};
    fail(std::move(target_at), "wrong_type",
         std::string{"must be the id of a node, not "} + target.type_name());
    return std::nullopt;
  }

  void read_handlers(const json& written) {
    if (written.is_string()) {
      if (auto edge = edge_to(written, "/on_error", "/on_error")) {
        edge->on_error.emplace();
        edges_.push_back(*std::move(edge));
      }
    } else if (written.is_array() && !written.empty()) {
      for (std::size_t i = 0; i < written.size(); ++i)
        read_handler(written[i], "/on_error/" + std::to_string(i));
    } else {
      fail("/on_error", "wrong_type",
           "\"on_error\" must be the id of a node, or a list of {\"on\": [TYPE], \"to\": ID, "
           "\"into\": KEY}");
    }
  }

  void read_handler(const json& handler, const std::string& at) {
    constexpr std::array<std::string_view, 4> known = {"on", "when", "to", "into"};
    if (!handler.is_object() || !handler.contains("to"))
      return fail(at, "missing_key", "must be an object with \"to\", the id of a node");
    for (const auto& [key, value] : handler.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end() || is_annotation(key)) continue;
      fail(child_pointer(at, key), "unknown_key",
           "unknown key " + pawl::quoted(key) + hint_for_key(key, known));
    }
    auto edge = edge_to(handler["to"], at, at + "/to");
    if (!edge) return;
    edge->on_error.emplace();
    if (const auto types = handler.find("on"); types != handler.end() && !types->is_null()) {
      edge->on_error = error_types_of(*types);
      if (!edge->on_error)
        return fail(at + "/on", "wrong_type",
                    "\"on\" must be true, an error type or a list of error types");
    }
    if (const auto when = handler.find("when"); when != handler.end() && !when->is_null()) {
      edge->when = *when;
      edge->when_pointer = at + "/when";
    }
    if (const auto into = handler.find("into"); into != handler.end()) {
      if (into->is_null()) return fail(at + "/into", "wrong_type", std::string{why_no_error_key});
      if (!into->is_string())
        return fail(at + "/into", "wrong_type", "\"into\" must be a key of the data");
      edge->into = into->get<std::string>();
    }
    edges_.push_back(*std::move(edge));
  }

  const json& source_;
  std::vector<diagnostic>& diagnostics_;
  std::vector<edge_definition> edges_;
};

}  // namespace

bool is_flow_section(const node_definition& node) noexcept {
  return node.id == flow_section_id && node.pointer == section_pointer;
}

bool has_flow_section(const json& source) {
  return std::any_of(flow_section_keys.begin(), flow_section_keys.end(), [&](auto key) {
    const auto found = source.find(std::string{key});
    return found != source.end() && !found->is_null();
  });
}

void add_flow_section(const json& source, definition& flow, std::vector<diagnostic>& diagnostics) {
  if (flow.nodes.empty() || !has_flow_section(source)) return;
  flow_section_reader reader{source, diagnostics};
  edge_definition body{std::string{flow_section_id},
                       flow.nodes[entry_of(flow)].id,
                       {},
                       std::string{section_pointer}};
  body.body = true;
  flow.edges.push_back(std::move(body));
  for (auto& handler : reader.handlers()) flow.edges.push_back(std::move(handler));
  flow.nodes.push_back(reader.node());
}

void write_flow_section(const definition& flow, json& to) {
  if (flow.nodes.empty() || !is_flow_section(flow.nodes.back())) return;
  to.update(flow.nodes.back().data);
  std::vector<json> handlers;
  for (const auto& edge : flow.edges) {
    if (edge.source != flow_section_id) continue;
    if (edge.on_error) handlers.push_back(handler_of(edge));
    if (edge.on_timeout) to["on_timeout"] = edge.target;
  }
  if (!handlers.empty()) to["on_error"] = handlers_of(std::move(handlers));
}

void place_in_flow(std::vector<diagnostic>& diagnostics) {
  constexpr std::string_view target = "/target";
  for (auto& each : diagnostics) {
    if ((each.pointer.starts_with("/on_error") || each.pointer.starts_with("/on_timeout")) &&
        each.pointer.ends_with(target)) {
      each.pointer.erase(each.pointer.size() - target.size());
      if (each.pointer.starts_with("/on_error/")) each.pointer += "/to";
    }
    if (!each.pointer.starts_with(section_pointer)) continue;
    each.pointer.erase(0, section_pointer.size());
    constexpr std::string_view data = "/data";
    if (each.pointer.starts_with(data)) each.pointer.erase(0, data.size());
  }
}

json handler_of(const edge_definition& edge) {
  json handler{{"to", edge.target}};
  if (!edge.on_error->empty()) handler["on"] = *edge.on_error;
  if (edge.when) handler["when"] = *edge.when;
  if (!edge.into.empty()) handler["into"] = edge.into;
  return handler;
}

json handlers_of(std::vector<json> handlers) {
  const bool is_single = handlers.size() == 1 && handlers[0].size() == 1;
  return is_single ? handlers[0]["to"] : json(std::move(handlers));
}

}  // namespace pawl::flow
