#pragma once

#include <array>
#include <string>
#include <string_view>

#include "flow/testing/flows.hpp"
#include "flow/testing/random_source.hpp"

namespace pawl::flow::testing {

/// Makes random values, and rules that read them.
class rule_generator {
 public:
  static constexpr std::array<std::string_view, 5> keys = {"a", "b", "c", "n", "result"};

  explicit rule_generator(random_source& random) : random_(random) {}

  bool fails = true;           ///< a few rules fail
  bool has_vars = false;       ///< the flow has the variables that `vars` returns
  bool has_own_rules = false;  ///< the flow has what `definitions` returns

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

  [[nodiscard]] json vars() { return json{{"limit", random_.between(0, 3)}, {"first", var("n")}}; }
  [[nodiscard]] static json definitions() {
    const json is_small{{"<", {var("x"), 2}}};
    return {{"is_small", {{"params", {"x"}}, {"rule", is_small}}},
            {"between",
             {{"params", {"x", "y"}},
              {"rule",
               {{"and", {{{"is_small", {var("x")}}}, {{"!", {{{"is_small", {var("y")}}}}}}}}}}}}};
  }

  [[nodiscard]] json rule(int depth) {
    if (fails && random_.chance(60)) return {{"*", json::array()}};
    const std::string key{random_.pick(keys)};
    if (has_vars && random_.chance(6)) return var(random_.chance(2) ? "vars.limit" : "vars.first");
    if (has_own_rules && depth > 0 && random_.chance(6))
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

 private:
  random_source& random_;
};

}  // namespace pawl::flow::testing
