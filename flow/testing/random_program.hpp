#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flow/testing/flows.hpp"
#include "flow/testing/random_source.hpp"

namespace pawl::flow::testing {

/// Makes random flows whose runs have a known result under every schedule. They consist of blocks:
/// steps, sequences, forks with joins, maps, sections, conditions, loops. Each block writes keys of
/// its own, and each task returns its arguments. All tasks call "echo".
class program_generator {
 public:
  explicit program_generator(random_source& random) : random_(random) {}

  /// The flow; `expected` is the data at the end of each of its runs.
  [[nodiscard]] json make() {
    nodes_ = {start()};
    const auto [first, last] = sequence(3, expected);
    link("start", first);
    return flow_of(nodes_, edges_);
  }

  json expected = json::object();

 private:
  /// The ids of the first and the last node of a block.
  using ends = std::pair<std::string, std::string>;

  std::string name(const char* kind) { return kind + std::to_string(++count_); }
  void link(const std::string& from, const std::string& to) { edges_.push_back(edge(from, to)); }
  std::string place(const std::string& id, const char* type, json data = json::object()) {
    nodes_.push_back(node_of(id, type, std::move(data)));
    return id;
  }

  /// `seen` is the data that the branch of the block sees; it is updated to that after the block.
  ends sequence(int depth, json& seen) {
    ends whole = block(depth, seen);
    for (std::size_t i = random_.below(3); i > 0; --i) {
      const auto next = block(depth, seen);
      link(whole.second, next.first);
      whole.second = next.second;
    }
    return whole;
  }

  ends block(int depth, json& seen) {
    switch (depth > 0 && count_ < 60 ? random_.below(10) : random_.below(4)) {
      case 0:
        return pause_block();
      case 1:
        return outside_block(seen);
      case 4:
      case 5:
        return fork_block(depth, seen);
      case 6:
        return map_block(depth, seen);
      case 7:
        return condition_block(depth, seen);
      case 8:
        return loop_block(depth, seen);
      case 9:
        return section_block(depth, seen);
      default:
        return task_block(seen);
    }
  }

  /// A task that returns a key that its branch sees, or null if it does not see it.
  ends task_block(json& seen) {
    const std::string id = name("t");
    const std::string read = keys_.empty() || random_.chance(4) ? "item" : random_.pick(keys_);
    json data{{"code_ref", "echo"}, {"with", {{"saw", var(read)}}}, {"into", id}};
    if (random_.chance(2)) data["retry"] = {{"max_attempts", 2}, {"initial_interval", "1s"}};
    if (random_.chance(4)) data["effect"] = "once";
    if (random_.chance(8)) data["in_doubt"] = data.contains("effect") ? json("retry") : json();
    seen[id] = {{"saw", seen.value(read, json{})}};
    keys_.push_back(id);
    place(id, "task", std::move(data));
    return {id, id};
  }

  ends pause_block() {
    const std::string id = place(name("w"), "wait", {{"duration", random_.between(0, 5)}});
    return {id, id};
  }

  /// A question or a signal; both are answered with the id of the node.
  ends outside_block(json& seen) {
    const bool asks = random_.chance(2);
    const std::string id = name(asks ? "q" : "s");
    seen[id] = id;
    if (asks) {
      place(id, "interrupt", {{"question", id}, {"into", id}});
    } else {
      place(id, "signal", {{"name", id}, {"into", id}});
    }
    return {id, id};
  }

  ends fork_block(int depth, json& seen) {
    const std::string fork = place(name("fork"), "parallel");
    const std::string join = place(name("join"), "join");
    json together = seen;
    const auto before = keys_;
    std::set<std::string> all;
    for (std::size_t i = 2 + random_.below(2); i > 0; --i) {
      json own = seen;
      // In the second iteration of a loop, a branch sees the writes of its siblings in the first.
      if (loops_ > 0) keys_ = before;
      const auto [first, last] = sequence(depth - 1, own);
      link(fork, first);
      link(last, join);
      together.update(own);
      all.insert(keys_.begin(), keys_.end());
    }
    keys_.assign(all.begin(), all.end());
    seen = std::move(together);
    return {fork, join};
  }

  ends map_block(int depth, json& seen) {
    const std::string id = name("m");
    json items = json::array();
    for (std::size_t i = random_.below(4); i > 0; --i) items.push_back(random_.between(10, 99));
    place(id, "map",
          {{"items", items}, {"into", id}, {"max_concurrency", 1 + random_.between(0, 2)}});
    json results = json::array();
    // Each item has the same nodes: made for the first item, even if there is none.
    json pattern = seen;
    pattern["item"] = "item of " + id;
    pattern["index"] = "index of " + id;
    const json before = pattern;
    const auto [first, last] = sequence(depth - 1, pattern);
    edges_.push_back(edge_on("each", id, first));
    for (std::size_t i = 0; i < items.size(); ++i) {
      json own = json::object();
      for (const auto& [key, value] : pattern.items())
        if (!before.contains(key)) own[key] = with_item(value, id, items[i], i);
      results.push_back(std::move(own));
    }
    seen[id] = std::move(results);
    return {id, id};
  }

  /// What its body writes is written where the section is.
  ends section_block(int depth, json& seen) {
    const std::string id = place(name("sec"), "section",
                                 random_.chance(2) ? json{{"at_end", "final"}} : json::object());
    const auto [first, last] = sequence(depth - 1, seen);
    edges_.push_back(edge_on("body", id, first));
    return {id, id};
  }

  /// The value of the pattern for one item.
  static json with_item(const json& value, const std::string& map, const json& item,
                        std::size_t index) {
    if (value == "item of " + map) return item;
    if (value == "index of " + map) return index;
    json made = value;
    if (made.is_structured())
      for (auto& part : made) part = with_item(part, map, item, index);
    return made;
  }

  ends condition_block(int depth, json& seen) {
    const bool truth = random_.chance(2);
    const std::string id =
        place(name("c"), "condition", {{"expr", json{{"!!", json::array({truth ? 1 : 0})}}}});
    const std::string after = place(name("after"), "start");
    for (const bool taken : {true, false}) {
      json own = seen;
      const auto [first, last] = sequence(depth - 1, own);
      edges_.push_back(edge(id, first, taken));
      link(last, after);
      if (taken == truth) seen = std::move(own);
    }
    return {id, after};
  }

  /// Repeats its block two or three times, with a counter.
  ends loop_block(int depth, json& seen) {
    const int rounds = random_.between(2, 3);
    const std::string key = name("n");
    const std::string zero = place(name("zero"), "set", {{"values", {{key, 0}}}});
    const std::string count =
        place(name("count"), "set", {{"values", {{key, {{"+", {var(key), 1}}}}}}});
    const std::string more = place(name("more"), "start");
    link(zero, count);
    seen[key] = rounds;
    ++loops_;
    const auto [first, last] = sequence(depth - 1, seen);
    --loops_;
    link(count, first);
    link(last, more);
    edges_.push_back(edge(more, count, {{"<", {var(key), rounds}}}));
    const std::string after = place(name("after"), "start");
    link(more, after);
    return {zero, after};
  }

  random_source& random_;
  int count_ = 0;
  int loops_ = 0;  ///< number of loops around the current block
  std::vector<json> nodes_;
  std::vector<json> edges_;
  std::vector<std::string> keys_;  ///< keys that some task writes
};

}  // namespace pawl::flow::testing
