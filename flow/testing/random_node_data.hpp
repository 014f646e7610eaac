#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "flow/testing/random_rules.hpp"

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

/// Makes random `data` of nodes.
class node_data_generator {
 public:
  static constexpr std::array<std::string_view, 2> signals = {"go", "stop"};

  node_data_generator(random_source& random, rule_generator& rules,
                      const random_flow_options& options)
      : random_(random), rules_(rules), options_(options) {}

  void fill_task(json& data, const std::string& id) {
    data["code_ref"] = "sim.step";
    if (random_.chance(2)) data["args"] = {{"salt", random_.between(0, 99)}};
    if (random_.chance(3)) data["with"] = {{"seen", rules_.rule(2)}, {"run", var("run_id")}};
    if (random_.chance(2)) data["into"] = random_.chance(4) ? "a" : "of_" + id;
    fill_result(data);
    if (random_.chance(6)) data["timeout"] = "30s";
    if (random_.chance(12)) data["timeout"] = {{"+", {10, 20}}};
    if (random_.chance(4)) data["retry"] = {{"max_attempts", random_.between(1, 3)}};
    if (random_.chance(8))
      data["retry"]["on"] = {{{"error", "card_declined"}, {"max_attempts", 2}},
                             {{"status", "5xx"}},
                             {{"max_attempts", 3}, {"initial_interval", "2s"}}};
    if (random_.chance(10)) data["retry"]["max_attempts"] = {{"if", {var("n"), 2, 3}}};
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
    if (random_.chance(4)) {
      data["compensate"] = {{"code_ref", "sim.undo"}, {"with", {{"seen", var("n")}}}};
      fill_computed_retry(data["compensate"]);
    }
  }

  /// Numbers of a compensation that rules compute. The rules fail now and then.
  void fill_computed_retry(json& compensate) {
    if (random_.chance(4))
      compensate["retry"] = {
          {"max_attempts", {{"if", {var("n"), 2, 3}}}},
          {"on",
           {{{"status", "5xx"}, {"initial_interval", var("n")}}, {{"backoff", {{"+", {1, 1}}}}}}}};
    if (random_.chance(8)) compensate["total_timeout"] = {{"if", {var("n"), "5s", "1m"}}};
  }

  /// What a step keeps. The rule fails now and then.
  void fill_result(json& data) {
    if (random_.chance(8)) {
      data["into"] = nullptr;
      return;
    }
    if (random_.chance(8)) data["result"] = json{{"kept", var("result")}, {"seen", var("n")}};
    if (random_.chance(20)) data["result"] = json{{"/", {1, var("result")}}};
  }

  void fill_signal(json& data) {
    switch (random_.below(4)) {
      case 0:
        data["names"] = signals;
        break;
      case 1:
        data["name"] = {{"if", {rules_.rule(1), "go", "stop"}}};
        data["allow"] = signals;
        break;
      default:
        data["name"] = random_.pick(signals);
    }
    if (random_.chance(6)) data["when"] = json{{"!=", {var("result.n"), random_.between(0, 3)}}};
  }

  void fill_await(json& data) {
    json go{{"signal", "go"}, {"into", random_.pick(rule_generator::keys)}};
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

 private:
  random_source& random_;
  rule_generator& rules_;
  const random_flow_options& options_;
};

}  // namespace pawl::flow::testing
