#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "flow/testing/flows.hpp"
#include "flow/testing/random_source.hpp"

namespace pawl::flow::testing {

struct random_flow_options {
  std::size_t max_nodes = 12;  ///< at least 2
  bool failing_rules = true;   ///< a few rules whose evaluation fails
  /// Steps that run at most once and steps with compensations: the result of a run then depends on
  /// when its process ends.
  bool notices_crashes = true;
  bool requests = true;              ///< nodes of type http
  std::string_view child = "child";  ///< the flow that nodes of type subflow run; "": no such nodes
};

/// Makes valid random flows of all node types: forks, loops with and without conditions, nodes that
/// are visited several times, branches that end at different nodes, rules on data. All tasks call
/// "sim.step"; `step_model` is a suitable function.
class flow_generator {
 public:
  explicit flow_generator(random_source& random, random_flow_options options = {})
      : random_(random), options_(options) {}

  [[nodiscard]] json make() {
    types_.clear();
    nodes_.clear();
    edges_.clear();
    has_vars_ = random_.chance(4);
    has_own_rules_ = random_.chance(4);
    const std::size_t count = 2 + random_.below(options_.max_nodes - 1);
    for (std::size_t i = 0; i < count; ++i) make_node(i, count);
    for (std::size_t i = 1; i < count; ++i) make_path_to(i);
    for (std::size_t i = random_.below(count / 2 + 1); i > 0; --i) make_other_edge();
    for (std::size_t i = 0; i < count; ++i) make_edges_by_type(i);
    json made = flow_of(nodes_, edges_);
    if (has_vars_) made["vars"] = json{{"limit", random_.between(0, 3)}, {"first", var("n")}};
    if (has_own_rules_) {
      const json is_small{{"<", {var("x"), 2}}};
      made["definitions"] = {
          {"is_small", {{"params", {"x"}}, {"rule", is_small}}},
          {"between",
           {{"params", {"x", "y"}},
            {"rule",
             {{"and", {{{"is_small", {var("x")}}}, {{"!", {{{"is_small", {var("y")}}}}}}}}}}}}};
    }
    if (random_.chance(5)) made["output"] = json{{"n", var("n")}, {"made", rule(2)}};
    // Some values cannot be attributes, or have another type than the declared one.
    made["attributes"] = {{"n", var("n")}, {"a", {{"rule", var("a")}, {"type", "number"}}}};
    if (random_.chance(5))
      made["defaults"] = {{"task", {{"retry", {{"max_attempts", random_.between(1, 3)}}}}}};
    return made;
  }

  /// Input or metadata for a run.
  [[nodiscard]] json object() {
    json made = json::object();
    for (const std::string_view key : keys)
      if (random_.chance(3)) made[std::string{key}] = value();
    return made;
  }

  [[nodiscard]] json value() {
    switch (random_.below(8)) {
      case 0:
        return nullptr;
      case 1:
        return random_.chance(2);
      case 2:
        return std::string(random_.below(6), 'x') + "\u00e9";
      case 3:
        return json::array({random_.between(-3, 3), "item"});
      case 4:
        return 0.25 * random_.between(-10, 10);
      default:
        return random_.between(0, 3);
    }
  }

  static constexpr std::array<std::string_view, 2> signals = {"go", "stop"};
  static constexpr std::array<std::string_view, 5> keys = {"a", "b", "c", "n", "result"};

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
    if (type == "condition") data["expr"] = rule(2);
    if (type == "signal") {
      fill_signal(data);
      if (random_.chance(2)) data["into"] = random_.pick(keys);
      fill_result(data);
    }
    if (type == "await") fill_await(data);
    if (type == "fail") data = {{"error", "card_declined"}, {"message", var("a")}};
    if (type == "wait") fill_wait(data);
    if (type == "interrupt") {
      data["question"] = var("a");
      fill_result(data);
    }
    if (type == "join") fill_join(data);
    if (type == "map") fill_map(data);
    if (type == "section") fill_section(data);
    if (type == "signal" || type == "interrupt" || type == "await")
      if (random_.chance(2)) data["timeout"] = "1m";
    if (type == "set") data["values"] = {{std::string{random_.pick(keys)}, rule(2)}};
    if (type == "task") fill_task(data, id_of(i));
    if (type == "http") fill_request(data);
    if (type == "subflow") fill_subflow(data, id_of(i));
    nodes_.push_back(node_of(id_of(i), type, std::move(data)));
  }

  void fill_task(json& data, const std::string& id) {
    data["code_ref"] = "sim.step";
    if (random_.chance(2)) data["args"] = {{"salt", random_.between(0, 99)}};
    if (random_.chance(3)) data["with"] = {{"seen", rule(2)}, {"run", var("run_id")}};
    if (random_.chance(2)) data["into"] = random_.chance(4) ? "a" : "of_" + id;
    fill_result(data);
    if (random_.chance(6)) data["timeout"] = "30s";
    if (random_.chance(12)) data["timeout"] = {{"+", {10, 20}}};
    if (random_.chance(4)) data["retry"] = {{"max_attempts", random_.between(1, 3)}};
    if (random_.chance(8))
      data["retry"]["on"] = {{{"error", "card_declined"}, {"max_attempts", 2}},
                             {{"status", "5xx"}},
                             {{"max_attempts", 3}, {"initial_interval", "2s"}}};
    if (random_.chance(10)) data["total_timeout"] = "5s";
    if (!options_.notices_crashes) return;
    if (random_.chance(5)) data["queue"] = "gpu";
    if (data.contains("queue") && random_.chance(4)) {
      data["queue"] = {{"if", {var("n"), "gpu", "cpu"}}};
      data["allow_queues"] = {"gpu", "cpu"};
    }
    if (random_.chance(8)) {
      constexpr std::array<std::string_view, 3> doubts = {"ask", "retry", "fail"};
      data["effect"] = "once";
      data["in_doubt"] = random_.pick(doubts);
    }
    if (random_.chance(4))
      data["compensate"] = {{"code_ref", "sim.undo"}, {"with", {{"seen", var("n")}}}};
  }

  /// What a step keeps. The rule fails now and then.
  void fill_result(json& data) {
    if (random_.chance(8)) data["into"] = nullptr;
    if (random_.chance(8)) data["result"] = json{{"kept", var("result")}, {"seen", var("n")}};
    if (random_.chance(20)) data["result"] = json{{"/", {1, var("result")}}};
  }

  void fill_signal(json& data) {
    switch (random_.below(4)) {
      case 0:
        data["names"] = signals;
        break;
      case 1:
        data["name"] = {{"if", {rule(1), "go", "stop"}}};
        data["allow"] = signals;
        break;
      default:
        data["name"] = random_.pick(signals);
    }
    if (random_.chance(6)) data["when"] = json{{"!=", {var("result.n"), random_.between(0, 3)}}};
  }

  void fill_await(json& data) {
    json go{{"signal", "go"}, {"into", random_.pick(keys)}};
    if (random_.chance(2)) go["when"] = json{{">", {var("result"), 0}}};
    data["for"] = json::array({std::move(go)});
    if (random_.chance(2)) {
      json stop{{"signal", "stop"}};
      fill_result(stop);
      data["for"].push_back(std::move(stop));
    }
    if (random_.chance(3)) data["for"].push_back({{"answer", var("a")}, {"into", "b"}});
  }

  void fill_request(json& data) {
    data["url"] = "https://sim.example/";
    if (random_.chance(4)) data["keep"] = "status";
    if (random_.chance(2)) data["query"] = {{"n", var("n")}};
    if (random_.chance(2))
      data["retry"] = {{"max_attempts", random_.between(1, 4)},
                       {"non_retryable", {"http_status", "http_not_allowed"}}};
  }

  void fill_subflow(json& data, const std::string& id) {
    data["flow"] = options_.child;
    if (random_.chance(6)) data["input"] = random_.chance(2) ? var("c") : json{{"n", 1}, {"a", 2}};
    if (random_.chance(2)) data["into"] = "of_" + id;
    fill_result(data);
    if (random_.chance(4)) data["timeout"] = random_.chance(2) ? "2s" : "1m";
    if (random_.chance(10)) data["total_timeout"] = "30s";
    if (random_.chance(4)) data["retry"] = {{"max_attempts", random_.between(1, 3)}};
    if (options_.notices_crashes && random_.chance(4))
      data["compensate"] = {{"code_ref", "sim.undo"}};
  }

  void fill_wait(json& data) {
    if (random_.chance(3)) {
      data["until"] = "2023-11-14T22:14:00Z";  // test runs start shortly before it
    } else {
      data["duration"] = random_.chance(2) ? json("10s") : var("n");
    }
  }

  void fill_join(json& data) {
    constexpr std::array<std::string_view, 4> policies = {"error", "first", "last", "collect"};
    if (random_.chance(3)) data["wait_for"] = random_.chance(2) ? json("any") : json(2);
    if (data.contains("wait_for") && random_.chance(2))
      data["losers"] = options_.notices_crashes && random_.chance(2) ? "compensate" : "keep";
    if (!random_.chance(4)) data["merge"] = random_.pick(policies);
  }

  void fill_map(json& data) {
    data["items"] = random_.chance(3) ? var("c") : json::array({1, "two", nullptr, 4});
    if (random_.chance(2)) data["max_concurrency"] = random_.between(1, 3);
    if (random_.chance(2)) data["tolerate"] = random_.chance(2) ? json("50%") : json(1);
    if (random_.chance(6)) data["tolerate"] = {{"if", {var("n"), "50%", 1}}};
    if (random_.chance(6)) data["max_concurrency"] = {{"if", {var("n"), 2, 1}}};
    if (random_.chance(3)) data["result"] = {{"cat", {var("item"), var("index")}}};
    if (random_.chance(4)) data["until"] = {{">", {var("done"), random_.between(0, 3)}}};
    if (random_.chance(4)) data["absent"] = "empty";
  }

  void fill_section(json& data) {
    if (random_.chance(3)) data["timeout"] = random_.chance(2) ? json("10s") : var("n");
    if (options_.notices_crashes && random_.chance(2)) data["compensate"] = "on_error";
    if (random_.chance(4)) data["at_end"] = "final";
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
            random_.chance(2) ? json{{"!=", {var("error.type"), "timed_out"}}} : rule(2);
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
        fill_wait(data);
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
          fill_map(data);
          nodes_.push_back(node_of(id, "map", std::move(data)));
          make_inside("each", id, 1);
          break;
        }
        if (level == 0) {
          fill_section(data);
          nodes_.push_back(node_of(id, "section", std::move(data)));
          nodes_.push_back(task_of(id + "_help"));
          edges_.push_back(edge_on("on_error", id, id + "_help"));
          make_inside("body", id, 1);
          break;
        }
        [[fallthrough]];
      default:
        fill_task(data, id);
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
      fill_task(inner, map + more);
      nodes_.push_back(node_of(map + more, "task", std::move(inner)));
      edges_.push_back(edge(id, map + more));
      if (forks && joins) edges_.push_back(edge(map + more, map + "_join"));
      if (!forks) break;
    }
    if (random_.chance(3)) edges_.push_back(edge_on("on_error", id, map + "_x", "card_declined"));
    if (!forks || !joins) return;
    json how = json::object();
    fill_join(how);
    nodes_.push_back(node_of(map + "_join", "join", std::move(how)));
  }

  json task_of(const std::string& id) {
    json data = json::object();
    fill_task(data, id);
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
      edges_.push_back(edge(id_of(from), id_of(to), rule(2)));
    } else {
      edges_.push_back(edge(id_of(from), id_of(to)));
    }
  }

  json rule(int depth) {
    if (options_.failing_rules && random_.chance(60)) return {{"*", json::array()}};
    const std::string key{random_.pick(keys)};
    if (has_vars_ && random_.chance(6)) return var(random_.chance(2) ? "vars.limit" : "vars.first");
    if (has_own_rules_ && depth > 0 && random_.chance(6))
      return random_.chance(2) ? json{{"is_small", json::array({rule(depth - 1)})}}
                               : json{{"between", {rule(depth - 1), var(key)}}};
    if (depth == 0) return random_.chance(3) ? json(random_.between(0, 3)) : var(key);
    switch (random_.below(9)) {
      case 0:
        return {{"==", {{{"%", {var("n"), 2}}}, random_.between(0, 1)}}};
      case 1:
        return {{"!", json::array({rule(depth - 1)})}};
      case 2:
        return {{"and", {rule(depth - 1), rule(depth - 1)}}};
      case 3:
        return {{"in", {rule(depth - 1), {0, 1, "item"}}}};
      case 4:
        return {{"missing", json::array({key})}};
      case 5:
        return {{"!=", {var("condition_result"), random_.chance(2)}}};
      case 6:
        return {{"if", {rule(depth - 1), rule(depth - 1), rule(depth - 1)}}};
      default:
        return {{random_.chance(2) ? "<" : ">=", {var(key), rule(depth - 1)}}};
    }
  }

  random_source& random_;
  random_flow_options options_;
  bool has_vars_ = false;
  bool has_own_rules_ = false;
  std::vector<std::string> types_;
  std::vector<json> nodes_;
  std::vector<json> edges_;
};

}  // namespace pawl::flow::testing
