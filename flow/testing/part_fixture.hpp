#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/assert.hpp>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/failure_handler.hpp"
#include "flow/testing/flows.hpp"

namespace pawl::flow::testing {

/// Records the failures that a part reports, and does nothing about them.
class recorded_failures final : public failure_handler {
 public:
  void fail_at(token&, const error& why) override { add("fail_at", why); }
  void fail_visit(token&, const error& why) override { add("fail_visit", why); }
  void fail_leaving(token&, const error& why) override { add("fail_leaving", why); }
  void fail_item(token_id, token&, const error& why) override { add("fail_item", why); }

  /// "fail_at invalid_argument", …
  [[nodiscard]] const std::vector<std::string>& all() const noexcept { return all_; }

 private:
  void add(const char* how, const error& why) {
    all_.push_back(std::string{how} + " " + std::string{why.error_class()});
  }

  std::vector<std::string> all_;
};

/// A running run for a test of one part of a `transition_builder`. The test prepares `run`, calls
/// `begin`, makes the part, and ends with `finish`, which checks that the delta is complete.
class part_fixture {
 public:
  explicit part_fixture(const json& source, const limits& allowed = {})
      : flow(compiled(source, allowed)) {
    run.key = {default_scope(), run_id{"r1"}};
    run.flow = flow->id();
    run.status = run_status::running;
    run.data = shared_json{json::object()};
    run.created_at = run.updated_at = run.started_at.emplace(context.now);
    run.sequence = 1;
  }

  [[nodiscard]] node_index index_of(const std::string& node) const {
    for (node_index i = 0; i < flow->nodes().size(); ++i)
      if (flow->at(i).id == node) return i;
    PAWL_ASSERT(false, ("no such node: " + node).c_str());
    return 0;
  }

  /// Adds a token on its first visit of a node. Only before `begin`.
  token& add_token(const std::string& node, token_phase phase = token_phase::waiting) {
    token t;
    t.id = run.next_token++;
    t.node = index_of(node);
    t.phase = phase;
    t.visit = t.attempt = 1;
    return run.tokens.add(std::move(t));
  }
  /// Adds a token on a branch of a fork at a node.
  token& add_branch(const std::string& node, const std::string& fork, std::uint32_t order,
                    token_phase phase = token_phase::waiting) {
    token& t = add_token(node, phase);
    t.branch = {order};
    t.forks = {index_of(fork)};
    return t;
  }

  change_set& begin() {
    measure(run);
    run.tokens.settle();
    before_ = run;
    return changes_.emplace(*flow, run, context);
  }

  transition finish() {
    transition made = changes_->finish();
    apply(before_, made.change);
    PAWL_ASSERT(before_ == run, "the state before and the delta do not give the state after");
    return made;
  }

  /// The change set since `begin`.
  [[nodiscard]] change_set& changes() { return *changes_; }
  /// The kinds of the events so far.
  [[nodiscard]] std::vector<std::string> events() const {
    std::vector<std::string> kinds;
    for (const auto& e : changes_->change().events) kinds.emplace_back(to_string(e.kind));
    return kinds;
  }

  std::shared_ptr<const compiled_flow> flow;
  run_state run;
  apply_context context{from_unix_us(1'700'000'000'000'000)};
  recorded_failures failures;

 private:
  run_state before_;
  std::optional<change_set> changes_;
};

}  // namespace pawl::flow::testing
