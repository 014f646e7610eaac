#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "flow/testing/random_node_data.hpp"

namespace pawl::flow::testing {

/// Makes valid random flows of all node types: forks, loops with and without conditions, nodes that
/// are visited several times, branches that end at different nodes, rules on data. All tasks call
/// "sim.step"; `step_model` is a suitable function.
class flow_generator {
 public:
  static constexpr auto& signals = node_data_generator::signals;
  static constexpr auto& keys = rule_generator::keys;

  explicit flow_generator(random_source& random, random_flow_options options = {})
      : random_(random), options_(options), rules_(random), data_(random, rules_, options_) {
    rules_.fails = options.failing_rules;
  }
  flow_generator(const flow_generator&) = delete;
  flow_generator& operator=(const flow_generator&) = delete;

  [[nodiscard]] json make() {
    types_.clear();
    nodes_.clear();
    edges_.clear();
    rules_.has_vars = random_.chance(4);
    rules_.has_own_rules = random_.chance(4);
    const std::size_t count = 2 + random_.below(options_.max_nodes - 1);
    for (std::size_t i = 0; i < count; ++i) make_node(i, count);
    for (std::size_t i = 1; i < count; ++i) make_path_to(i);
    for (std::size_t i = random_.below(count / 2 + 1); i > 0; --i) make_other_edge();
    for (std::size_t i = 0; i < count; ++i) make_edges_by_type(i);
    json made = flow_of(nodes_, edges_);
    if (rules_.has_vars) made["vars"] = rules_.vars();
    if (rules_.has_own_rules) made["definitions"] = rule_generator::definitions();
    if (random_.chance(5)) made["output"] = json{{"n", var("n")}, {"made", rules_.rule(2)}};
    // Some values cannot be attributes, or have another type than the declared one.
    made["attributes"] = {{"n", var("n")}, {"a", {{"rule", var("a")}, {"type", "number"}}}};
    if (random_.chance(5))
      made["defaults"] = {{"task", {{"retry", {{"max_attempts", random_.between(1, 3)}}}}}};
    if (random_.chance(6)) add_flow_section(made);
    return made;
  }

  /// Input or metadata for a run.
  [[nodiscard]] json object() { return rules_.object(); }
  [[nodiscard]] json value() { return rules_.value(); }

 private:
  bool is_last(std::size_t i) const { return types_[i] == "end" || types_[i] == "fail"; }
  static std::string id_of(std::size_t i) { return "n" + std::to_string(i); }

  void make_node(std::size_t i, std::size_t count) {
    // The entry is node 0: a start node must be the first.
    const std::size_t kind = random_.below(16);
    std::string type = "task";
    if (i == 0) {
      type = kind < 10 ? "start" : kind < 14 ? "task" : "condition";
    } else if (i + 1 == count || kind < 2) {
      type = random_.chance(3) ? "task" : random_.chance(5) ? "fail" : "end";
    } else if (kind < 6) {
      type = "condition";
    } else if (kind == 7) {
      type = "set";
    } else if (kind == 8 && random_.chance(2)) {
      type = random_.chance(3) ? "await" : "signal";
    } else if (kind == 8) {
      type = random_.chance(2) ? "wait" : "interrupt";
    } else if (kind == 9) {
      type = "join";
    } else if (kind == 10) {
      type = random_.chance(2) ? "map" : "section";
    } else if (kind == 13 && random_.chance(2)) {
      type = "section";
    } else if (kind == 11 && !options_.child.empty()) {
      type = "subflow";
    } else if (kind == 12 && options_.requests && random_.chance(3)) {
      type = "http";
    } else if (kind == 6 && types_[0] == "start") {
      type = "start";
    }
    types_.push_back(type);
    json data = json::object();
    if (random_.chance(5)) data["max_visits"] = random_.between(1, 5);
    if (type == "condition") data["expr"] = rules_.rule(2);
    if (type == "signal") {
      data_.fill_signal(data);
      if (random_.chance(2)) data["into"] = random_.pick(keys);
      data_.fill_result(data);
    }
    if (type == "await") data_.fill_await(data);
    if (type == "fail") data = {{"error", "card_declined"}, {"message", var("a")}};
    if (type == "wait") data_.fill_wait(data);
    if (type == "interrupt") {
      data["question"] = var("a");
      data_.fill_result(data);
    }
    if (type == "join") data_.fill_join(data);
    if (type == "map") data_.fill_map(data);
    if (type == "section") data_.fill_section(data);
    if (type == "signal" || type == "interrupt" || type == "await")
      if (random_.chance(2)) data["timeout"] = "1m";
    if (type == "set") data["values"] = {{std::string{random_.pick(keys)}, rules_.rule(2)}};
    if (type == "task") data_.fill_task(data, id_of(i));
    if (type == "http") data_.fill_request(data);
    if (type == "subflow") data_.fill_subflow(data, id_of(i));
    nodes_.push_back(node_of(id_of(i), type, std::move(data)));
  }

  /// Edges of nodes of some types, and the nodes for the items of a map or the body of a section.
  void make_edges_by_type(std::size_t i) {
    const std::string id = id_of(i);
    const bool waits = types_[i] == "signal" || types_[i] == "interrupt" || types_[i] == "await" ||
                       types_[i] == "section";
    if (types_[i] == "await" && random_.chance(2) && i + 1 < types_.size())
      edges_.push_back(edge_on("on", id, id_of(i + 1), "go"));
    if (waits && nodes_[i].at("data").contains("timeout") && random_.chance(2)) {
      json made = edge(id, id_of(i + 1 < types_.size() ? i + 1 : i));
      made["data"]["on_timeout"] = true;
      edges_.push_back(std::move(made));
    }
    const bool fails = types_[i] == "task" || types_[i] == "map" || types_[i] == "wait" ||
                       types_[i] == "subflow" || types_[i] == "http" || types_[i] == "section";
    const bool needs_handler = nodes_[i].at("data").value("compensate", json{}) == "on_error";
    if (fails && (needs_handler || random_.chance(4)) && i + 1 < types_.size()) {
      json made = edge(id, id_of(i + 1));
      made["data"]["on_error"] = random_.chance(2)     ? json(true)
                                 : types_[i] == "http" ? json({"http_status", "timed_out"})
                                                       : json("card_declined");
      if (random_.chance(3))
        made["data"]["when"] =
            random_.chance(2) ? json{{"!=", {var("error.type"), "timed_out"}}} : rules_.rule(2);
      edges_.push_back(std::move(made));
    }
    if (types_[i] == "start" && i > 0 && random_.chance(2) && plain_edges_of(id) > 1)
      nodes_[i]["type"] = "parallel";
    if (types_[i] == "map") make_inside("each", id, 0);
    if (types_[i] == "section") make_inside("body", id, 0);
  }

  /// The nodes for the items of a map, or the body of a section: a step or another map or section,
  /// and what follows it.
  void make_inside(const char* kind, const std::string& map, int level) {
    const std::string id = map + "_item";
    const bool is_body = std::string_view{kind} == "body";
    edges_.push_back(edge_on(kind, map, id));
    json data = json::object();
    switch (random_.below(10)) {
      case 0:
        data_.fill_wait(data);
        nodes_.push_back(node_of(id, "wait", std::move(data)));
        break;
      case 1:
        nodes_.push_back(node_of(id, "interrupt", {{"question", var("item")}}));
        break;
      case 2:
        nodes_.push_back(node_of(id, "signal", {{"name", random_.pick(signals)}}));
        break;
      case 3:
        if (level == 0 && random_.chance(2)) {
          data_.fill_map(data);
          nodes_.push_back(node_of(id, "map", std::move(data)));
          make_inside("each", id, 1);
          break;
        }
        if (level == 0) {
          data_.fill_section(data);
          nodes_.push_back(node_of(id, "section", std::move(data)));
          nodes_.push_back(task_of(id + "_help"));
          edges_.push_back(edge_on("on_error", id, id + "_help"));
          make_inside("body", id, 1);
          break;
        }
        [[fallthrough]];
      default:
        data_.fill_task(data, id);
        if (is_body && options_.notices_crashes) data["compensate"] = {{"code_ref", "sim.undo"}};
        nodes_.push_back(node_of(id, "task", std::move(data)));
    }
    if (is_body && random_.chance(3)) {
      const json why{{"error", "card_declined"}, {"message", "no"}};
      nodes_.push_back(node_of(map + "_fail", "fail", why));
      edges_.push_back(edge(id, map + "_fail"));
      return;
    }
    if (random_.chance(2)) return;
    const bool forks = random_.chance(2), joins = random_.chance(2);
    for (const char* const more : {"_x", "_y"}) {
      json inner = json::object();
      data_.fill_task(inner, map + more);
      nodes_.push_back(node_of(map + more, "task", std::move(inner)));
      edges_.push_back(edge(id, map + more));
      if (forks && joins) edges_.push_back(edge(map + more, map + "_join"));
      if (!forks) break;
    }
    if (random_.chance(3)) edges_.push_back(edge_on("on_error", id, map + "_x", "card_declined"));
    if (!forks || !joins) return;
    json how = json::object();
    data_.fill_join(how);
    nodes_.push_back(node_of(map + "_join", "join", std::move(how)));
  }

  /// A deadline or handlers for the whole flow, or both, and the node that they lead to.
  void add_flow_section(json& made) {
    constexpr const char* help = "flow_help";
    const bool is_timed = random_.chance(2);
    const bool takes_errors = !is_timed || random_.chance(2);
    const bool takes_time_out = is_timed && random_.chance(2);
    if (is_timed && random_.chance(4))
      made["until"] = "2023-11-14T22:14:00Z";
    else if (is_timed)
      made["timeout"] = random_.chance(2) ? json("1m") : var("n");
    if (takes_time_out) made["on_timeout"] = help;
    if (takes_errors) {
      json first{{"on", {"card_declined"}}, {"to", help}, {"into", "a"}};
      if (random_.chance(2)) first["when"] = rules_.rule(1);
      made["on_error"] = random_.chance(2) ? json(help) : json::array({first, {{"to", help}}});
    }
    if (!takes_errors && !takes_time_out) return;
    if (options_.notices_crashes && random_.chance(2)) made["compensate"] = "on_error";
    made["nodes"].push_back(task_of(help));
  }

  json task_of(const std::string& id) {
    json data = json::object();
    data_.fill_task(data, id);
    return node_of(id, "task", std::move(data));
  }

  std::size_t plain_edges_of(const std::string& id) const {
    return static_cast<std::size_t>(std::count_if(edges_.begin(), edges_.end(), [&](const json& e) {
      return e.at("source") == id && !e.contains("data");
    }));
  }

  /// An edge from an earlier node, so that every node is reachable.
  void make_path_to(std::size_t i) {
    std::size_t from = i - 1 - random_.below(std::min<std::size_t>(i, 3));
    while (is_last(from)) from = from == 0 ? 0 : from - 1;
    add_edge(from, i);
  }

  void make_other_edge() {
    const std::size_t from = random_.below(types_.size());
    if (is_last(from)) return;
    add_edge(from, random_.below(types_.size()));
  }

  /// Forward edges are of any kind; back edges have a rule, so that every loop has an exit.
  void add_edge(std::size_t from, std::size_t to) {
    const bool back = to <= from;
    const bool condition = types_[from] == "condition";
    if (condition && random_.below(4) != 0) {
      edges_.push_back(edge(id_of(from), id_of(to), json(back || random_.chance(2))));
    } else if (back || random_.chance(4)) {
      edges_.push_back(edge(id_of(from), id_of(to), rules_.rule(2)));
    } else {
      edges_.push_back(edge(id_of(from), id_of(to)));
    }
  }

  random_source& random_;
  random_flow_options options_;
  rule_generator rules_;
  node_data_generator data_;
  std::vector<std::string> types_;
  std::vector<json> nodes_;
  std::vector<json> edges_;
};

}  // namespace pawl::flow::testing
