#include "flow/definition/short_form.hpp"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "flow/definition/flow_section.hpp"
#include "flow/definition/implied_edges.hpp"
#include "flow/definition/links.hpp"
#include "flow/definition/old_form.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

using inside = written_places::inside;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

const json* written_in(const json& node, const char* key) {
  const auto found = node.find(key);
  return found == node.end() ? nullptr : &*found;
}

/// The type of a node; null if there is no such type.
const node_type* type_of(const json& node) {
  const std::string name = text_of(node, "type");
  return find_node_type(name == "python" ? "task" : name);
}

/// Translates a definition in the short form. Methods for links take the node and its position.
class short_reader {
 public:
  short_reader(const json& source, const limits& limits, std::vector<diagnostic>& diagnostics)
      : source_(source), limits_(limits), diagnostics_(diagnostics) {}

  expanded_form read() {
    made_.definition = source_;
    if (!source_.is_object()) return std::move(made_);
    made_.definition["edges"] = json::array();
    made_.places.add("/edges", "/nodes", inside::nowhere);
    const auto nodes = source_.find("nodes");
    if (nodes == source_.end() || !nodes->is_array()) return std::move(made_);
    for (const auto& node : *nodes) {
      ids_.push_back(node.is_object() ? text_of(node, "id") : "");
      if (!ids_.back().empty()) index_.try_emplace(ids_.back(), ids_.size() - 1);
    }
    for (std::size_t i = 0; i < nodes->size(); ++i) {
      if (!(*nodes)[i].is_object()) continue;
      made_.definition["nodes"][i] = read_settings((*nodes)[i], i);
      if (!ids_[i].empty()) read_links((*nodes)[i], i);
    }
    note_flow_section(*nodes);
    report_unwanted_edges();
    return std::move(made_);
  }

 private:
  static std::string pointer_of(std::size_t node) { return "/nodes/" + std::to_string(node); }

  void fail(std::string pointer, std::string code, std::string message) {
    diagnostics_.push_back(
        {severity::error, std::move(pointer), std::move(code), std::move(message)});
  }

  /// Moves the settings of a node into its `data`.
  json read_settings(const json& written, std::size_t i) {
    const std::string at = pointer_of(i);
    const std::string data_at = at + "/data";
    json node = json::object();
    json data = json::object();
    const json* const wrapper = written_in(written, "data");
    const bool is_wrapped = wrapper != nullptr && !wrapper->is_null();
    if (is_wrapped && wrapper->is_object()) data = *wrapper;
    if (!is_wrapped) made_.places.add(data_at, at, inside::same);
    const node_type* const type = type_of(written);
    for (const auto& [key, value] : written.items()) {
      if (!is_setting_key(key, type)) {
        if (!is_link_key(key, type) && key != "data") node[key] = value;
        continue;
      }
      if (const auto meant = link_meant_by(key, type)) {
        fail(child_pointer(at, key), "unknown_key",
             "unknown key " + pawl::quoted(key) + "; did you mean " + pawl::quoted(*meant) + "?");
        continue;
      }
      if (const auto [known, is_new] = data.emplace(key, value); !is_new && *known != value) {
        fail(child_pointer(at, key), "contradiction",
             pawl::quoted(key) + " differs from that in \"data\"; write it once");
      } else {
        made_.places.add(child_pointer(data_at, key), child_pointer(at, key), inside::same);
      }
    }
    const bool has_wrong_wrapper = is_wrapped && !wrapper->is_object();
    if (has_wrong_wrapper || !data.empty())
      node["data"] = has_wrong_wrapper ? *wrapper : std::move(data);
    return node;
  }

  /// The link whose misspelling a key probably is. A misspelled link is worse than a misspelled
  /// setting: the flow would go another way.
  std::optional<std::string_view> link_meant_by(std::string_view key, const node_type* type) {
    const auto common = common_node_keys();
    std::vector<std::string_view> settings{common.begin(), common.end()};
    if (type != nullptr) settings.insert(settings.end(), type->keys.begin(), type->keys.end());
    const bool is_known = std::find(settings.begin(), settings.end(), key) != settings.end();
    // Each unknown key costs a search.
    if (is_known || is_code_ref_alias(key) || ++compared_ > max_unknown_keys) return std::nullopt;
    return nearest(key, settings) ? std::nullopt : nearest(key, link_keys);
  }

  void read_links(const json& node, std::size_t i) {
    const node_type* const type = type_of(node);
    const bool is_case = written_in(node, "then") != nullptr || written_in(node, "else") != nullptr;
    const json* const next = written_in(node, "next");
    if (is_case && type != nullptr && !type->gives_condition) {
      fail(pointer_of(i) + (node.contains("then") ? "/then" : "/else"), "misplaced_key",
           "only condition nodes have \"then\" and \"else\"; write \"next\": "
           "[{\"when\": RULE, \"to\": NODE}]");
    } else if (is_case && next != nullptr) {
      fail(pointer_of(i) + "/next", "contradiction",
           "a node has either \"then\" and \"else\" or \"next\"");
    } else if (is_case) {
      read_case(node, i, "then", true);
      read_case(node, i, "else", false);
    } else if (next != nullptr) {
      read_next(*next, i);
    } else if (const auto following = next_of(i);
               following && !(type && type->ends_branch) && !node.contains("on")) {
      imply(i, *following, std::nullopt);
    }
    if (const json* const events = written_in(node, "on")) read_events(*events, i);
    if (const json* const handlers = written_in(node, "on_error")) read_handlers(*handlers, i);
    read_single(node, i, "on_timeout", short_edge::kind::on_timeout);
    read_single(node, i, "each", short_edge::kind::each);
    if (type != nullptr && type->has_body) read_single(node, i, "body", short_edge::kind::body);
  }

  /// The next node of the list.
  std::optional<std::size_t> next_of(std::size_t i) const {
    return i + 1 < ids_.size() && !ids_[i + 1].empty() ? std::optional{i + 1} : std::nullopt;
  }

  /// Reads `then` or `else`. The one that is absent leads to the next node of the list.
  void read_case(const json& node, std::size_t i, const char* key, bool result) {
    const json* const target = written_in(node, key);
    if (target == nullptr) {
      if (const auto following = next_of(i)) imply(i, *following, result);
    } else if (target->is_string()) {
      const std::string at = pointer_of(i) + "/" + key;
      add_edge(i, *target, at, at, short_edge::kind::choice)["data"]["when"] = result;
    } else if (!target->is_null()) {
      fail(pointer_of(i) + "/" + key, "wrong_type",
           pawl::quoted(key) + " must be the id of a node, or null if the branch ends here, not " +
               target->type_name());
    }
  }

  void read_next(const json& next, std::size_t i) {
    const std::string at = pointer_of(i) + "/next";
    if (next.is_null()) return;
    if (next.is_string()) {
      add_edge(i, next, at, at, short_edge::kind::plain);
    } else if (next.is_array() && !next.empty()) {
      for (std::size_t n = 0; n < next.size(); ++n)
        read_next_item(next[n], i, at + "/" + std::to_string(n));
    } else {
      fail(at, "wrong_type",
           "\"next\" must be the id of a node, a list of ids or of {\"when\": RULE, \"to\": ID}, "
           "or null if the branch ends here");
    }
  }

  void read_next_item(const json& item, std::size_t i, const std::string& at) {
    if (item.is_string()) {
      add_edge(i, item, at, at, short_edge::kind::plain);
      return;
    }
    const json* const target = target_of(item, at, {"when", "to"});
    if (target == nullptr) return;
    const json* const when = written_in(item, "when");
    const bool is_choice = when != nullptr && !when->is_null();
    json& edge = add_edge(i, *target, at, at + "/to",
                          is_choice ? short_edge::kind::choice : short_edge::kind::plain);
    if (!is_choice) return;
    edge["data"]["when"] = *when;
    made_.places.add(last_edge() + "/data/when", at + "/when", inside::same);
  }

  /// Reads the links of the events of an await node. They are cases, as those of a condition.
  void read_events(const json& events, std::size_t i) {
    const std::string at = pointer_of(i) + "/on";
    if (!events.is_object()) {
      fail(at, "wrong_type", "\"on\" must be an object with events as keys and ids of nodes");
      return;
    }
    for (const auto& [event, target] : events.items()) {
      const std::string place = child_pointer(at, event);
      if (target.is_string()) {
        add_edge(i, target, place, place, short_edge::kind::choice)["data"]["on"] = event;
      } else {
        fail(place, "wrong_type",
             std::string{"must be the id of a node, not "} + target.type_name());
      }
    }
  }

  void read_handlers(const json& handlers, std::size_t i) {
    const std::string at = pointer_of(i) + "/on_error";
    if (handlers.is_null()) {
      fail(at, "wrong_type",
           "\"on_error\": null takes no error; leave it out, or name a node of type end if the "
           "branch is to end there without failing the run");
    } else if (handlers.is_string()) {
      add_edge(i, handlers, at, at, short_edge::kind::on_error)["data"]["on_error"] = true;
    } else if (handlers.is_array() && !handlers.empty()) {
      for (std::size_t n = 0; n < handlers.size(); ++n)
        read_handler(handlers[n], i, at + "/" + std::to_string(n));
    } else {
      fail(at, "wrong_type",
           "\"on_error\" must be the id of a node, or a list of {\"on\": [TYPE], \"to\": ID, "
           "\"into\": KEY}");
    }
  }

  void read_handler(const json& handler, std::size_t i, const std::string& at) {
    const json* const target = target_of(handler, at, {"on", "when", "to", "into"});
    if (target == nullptr) return;
    const json* const types = written_in(handler, "on");
    const bool is_for_all = types == nullptr || types->is_null();
    if (types != nullptr && *types == false) {
      fail(at + "/on", "wrong_type", "\"on\" must be true, an error type or a list of error types");
      return;
    }
    json& data = add_edge(i, *target, at, at + "/to", short_edge::kind::on_error)["data"];
    data["on_error"] = is_for_all ? json(true) : *types;
    const std::string long_data = last_edge() + "/data";
    if (!is_for_all) made_.places.add(long_data + "/on_error", at + "/on", inside::same);
    if (const json* const when = written_in(handler, "when")) {
      data["when"] = *when;
      made_.places.add(long_data + "/when", at + "/when", inside::same);
    }
    if (const json* const into = written_in(handler, "into")) {
      data["into"] = *into;
      made_.places.add(long_data + "/into", at + "/into", inside::same);
    }
  }

  /// Reads a link that is the id of one node.
  void read_single(const json& node, std::size_t i, const char* key, short_edge::kind what) {
    const json* const target = written_in(node, key);
    if (target == nullptr || target->is_null()) return;
    const std::string at = pointer_of(i) + "/" + key;
    if (target->is_string()) {
      add_edge(i, *target, at, at, what)["data"][key] = true;
    } else {
      fail(at, "wrong_type",
           pawl::quoted(key) + " must be the id of a node, not " + target->type_name());
    }
  }

  /// The target of an item of `next` or `on_error`; null, with a diagnostic, if there is none.
  const json* target_of(const json& item, const std::string& at,
                        std::initializer_list<std::string_view> known) {
    if (!item.is_object()) {
      fail(at, "wrong_type",
           std::string{"must be an object with \"to\", the id of a node, not "} + item.type_name());
      return nullptr;
    }
    for (const auto& [key, value] : item.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end() || is_annotation(key)) continue;
      if (reported_unknown_ == max_unknown_keys) break;
      ++reported_unknown_;
      diagnostics_.push_back({severity::warning, child_pointer(at, key), "unknown_key",
                              "unknown key " + pawl::quoted(key) +
                                  hint_for_key(key, std::span{known.begin(), known.size()})});
    }
    const json* const target = written_in(item, "to");
    if (target != nullptr && target->is_string()) return target;
    if (target == nullptr) {
      fail(at, "missing_key", "\"to\" is missing");
    } else {
      fail(at + "/to", "wrong_type",
           std::string{"\"to\" must be the id of a node, not "} + target->type_name() +
               (target->is_null() ? "; where the branch is to end, name a node of type end" : ""));
    }
    return nullptr;
  }

  /// Adds an edge that was written at `at`, with its target at `target_at`.
  json& add_edge(std::size_t from, const json& target, const std::string& at,
                 const std::string& target_at, short_edge::kind what) {
    json& edges = made_.definition["edges"];
    edges.push_back({{"source", ids_[from]}, {"target", target}});
    made_.places.add(last_edge(), at, inside::nowhere);
    made_.places.add(last_edge() + "/target", target_at, inside::nowhere);
    if (const auto to = index_.find(target.get_ref<const std::string&>()); to != index_.end())
      note_edge(from, to->second, what, false);
    return edges.back();
  }

  /// Adds the edge to the next node of the list. With `result`: for this result of a condition.
  void imply(std::size_t from, std::size_t to, std::optional<bool> result) {
    json& edges = made_.definition["edges"];
    edges.push_back({{"source", ids_[from]}, {"target", ids_[to]}});
    if (result) edges.back()["data"]["when"] = *result;
    made_.places.add(last_edge(), pointer_of(from), inside::nowhere);
    note_edge(from, to, result ? short_edge::kind::choice : short_edge::kind::plain, true);
  }

  void note_edge(std::size_t from, std::size_t to, short_edge::kind what, bool implied) {
    edges_.push_back({static_cast<node_index>(from), static_cast<node_index>(to), what, implied});
  }

  [[nodiscard]] std::string last_edge() const {
    return "/edges/" + std::to_string(made_.definition["edges"].size() - 1);
  }

  /// Notes the edges of the section around the flow.
  void note_flow_section(const json& nodes) {
    if (nodes.empty() || !has_flow_section(source_)) return;
    const auto entry = std::find_if(nodes.begin(), nodes.end(), [](const json& node) {
      return node.is_object() && text_of(node, "type") == "start";
    });
    const std::size_t section = ids_.size();
    ids_.emplace_back(flow_section_id);
    note_edge(section, entry == nodes.end() ? 0 : static_cast<std::size_t>(entry - nodes.begin()),
              short_edge::kind::body, false);
    const auto note = [&](const json* target, short_edge::kind what) {
      if (target == nullptr || !target->is_string()) return;
      if (const auto to = index_.find(target->get_ref<const std::string&>()); to != index_.end())
        note_edge(section, to->second, what, false);
    };
    note(written_in(source_, "on_timeout"), short_edge::kind::on_timeout);
    const json* const handlers = written_in(source_, "on_error");
    note(handlers, short_edge::kind::on_error);
    if (handlers == nullptr || !handlers->is_array()) return;
    for (const json& each : *handlers)
      if (each.is_object()) note(written_in(each, "to"), short_edge::kind::on_error);
  }

  void report_unwanted_edges() {
    // A larger flow is refused, and the search takes time.
    if (ids_.size() > limits_.max_nodes || edges_.size() > limits_.max_edges) return;
    for (auto& unwanted : find_unwanted_edges(ids_, edges_)) {
      diagnostics_.push_back(
          {unwanted.level, pointer_of(unwanted.from), "implied_edge", std::move(unwanted.message)});
    }
  }

  const json& source_;
  const limits& limits_;
  std::vector<diagnostic>& diagnostics_;
  expanded_form made_;
  std::vector<std::string> ids_;  ///< of the nodes; "" for a node without one
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<short_edge> edges_;
  std::size_t reported_unknown_ = 0;
  std::size_t compared_ = 0;  ///< unknown keys of nodes
};

}  // namespace

bool is_short_form(const json& source) {
  return source.is_object() && !is_old_form(source) &&
         (!source.contains("edges") || source["edges"].is_null());
}

expanded_form expand_short_form(const json& source, const limits& limits,
                                std::vector<diagnostic>& diagnostics) {
  return short_reader{source, limits, diagnostics}.read();
}

void check_unmixed(const json& source, std::vector<diagnostic>& diagnostics) {
  const auto nodes = source.find("nodes");
  if (nodes == source.end() || !nodes->is_array()) return;
  for (std::size_t i = 0; i < nodes->size(); ++i) {
    if (!(*nodes)[i].is_object()) continue;
    for (const auto key : link_keys) {
      if (!is_link_key(key, type_of((*nodes)[i])) || !(*nodes)[i].contains(std::string{key}))
        continue;
      diagnostics.push_back({severity::error,
                             "/nodes/" + std::to_string(i) + "/" + std::string{key}, "mixed_forms",
                             "the flow has \"edges\", so " + pawl::quoted(key) +
                                 " does not count: write it as an edge, or remove \"edges\""});
    }
  }
}

}  // namespace pawl::flow
