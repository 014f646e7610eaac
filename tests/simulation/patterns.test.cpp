// The flows of docs/patterns.md, ended once by an engine that lives and once by one that loses its
// power after each checkpoint.

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "functions/builtins/builtins.hpp"
#include "persistence/runs.hpp"
#include "tests/simulation/checks.hpp"
#include "tests/simulation/fixtures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;
using namespace pawl::simulation;

namespace {

/// A pattern of the page: its flow, and the input that the page runs it with.
struct pattern {
  json definition;
  json input = json::object();

  [[nodiscard]] std::string name() const { return definition.at("name").get<std::string>(); }
};

std::vector<pattern> patterns_of_the_page() {
  constexpr std::string_view option = "--input '";
  std::ifstream page{pawl::testing::source_dir() / "docs" / "patterns.md"};
  if (!page) FAIL("cannot read docs/patterns.md");
  std::vector<pattern> found;
  std::optional<std::string> block;
  for (std::string line; std::getline(page, line);) {
    if (line == "```json") {
      block.emplace();
    } else if (block && line == "```") {
      found.push_back({json::parse(*block)});
      block.reset();
    } else if (block) {
      *block += line + "\n";
    } else if (const auto at = line.find(option); at != line.npos) {
      const auto from = at + option.size();
      found.back().input = json::parse(line.substr(from, line.find('\'', from) - from));
    }
  }
  return found;
}

/// The built-in functions, called by the executor of the world, which counts their calls.
std::shared_ptr<functions::registry> built_ins() {
  functions::registry real;
  functions::builtins::add_echo(real);
  functions::builtins::add_fail(real);
  functions::builtins::add_log(real);
  auto made = std::make_shared<functions::registry>();
  for (const auto& each : real.list(in)) REQUIRE(made->add_built_in(each->code_ref, each->body));
  // The one that loses the race: its time is over as soon as it is called.
  REQUIRE(made->add_built_in(
      "core.sleep", [](const json&, step_context&) -> result<json> { return json::object(); }));
  return made;
}

/// What is equal however often the engine dies.
struct run_end {
  run_status status = run_status::running;
  json data;
  std::optional<json> output;
  std::optional<run_error> error;
  /// Ends of steps and compensations, by kind, node and visit: how often each happened.
  std::map<std::string, int> ended;

  friend bool operator==(const run_end&, const run_end&) = default;
};

class pattern_run {
 public:
  pattern_run(const pattern& of, std::uint64_t seed)
      : pattern_(of),
        flow_(*flow::compile(of.definition, {1, 0, 0}, {}).flow_or_error()),
        world_(seed),
        functions_(built_ins()) {
    // After all times that the page has.
    world_.now_us = 1'800'000'000'000'000;
    world_.crashes = [](const actors::invocation&) { return false; };
    settings_.engine.shards = 2;
    begin_life();
  }

  void run_to_end() {
    while (!ended_) live();
  }

  /// Each life ends with its first checkpoint that records progress, and what was not synced is
  /// lost. A checkpoint that only notes that a call is repeated records none.
  void run_to_end_with_deaths() {
    while (!ended_) {
      live();
      die();
      begin_life();
    }
  }

  [[nodiscard]] run_end end() const {
    const auto view = engine_->store().durable_view();
    const auto run = persistence::load_run(*view, key_);
    REQUIRE(run);
    REQUIRE(run->has_value());
    const auto& state = (*run)->state;
    run_end made{state.status, *state.data, state.output, state.error, {}};
    const auto history = persistence::load_history(*view, key_, 0, 100'000);
    REQUIRE(history);
    for (const auto& each : *history) {
      for (const auto& e : each.events) {
        if (!is_end(e.kind)) continue;
        ++made.ended[std::string{to_string(e.kind)} + " " + flow_->at(*e.node).id + " " +
                     std::to_string(e.visit) + " " + std::to_string(e.attempt)];
      }
    }
    return made;
  }

  /// No call was made again after its outcome was durable.
  void check_calls() const {
    for (const auto& [call, before] : calls_when_durable_) {
      INFO("the call " << call);
      CHECK(world_.calls.at(call) == before);
    }
  }
  [[nodiscard]] std::size_t durable() const noexcept { return calls_when_durable_.size(); }
  [[nodiscard]] std::size_t deaths() const noexcept { return deaths_; }

 private:
  static constexpr std::size_t max_steps = 20'000;

  static bool is_end(flow::event_kind kind) {
    using enum flow::event_kind;
    constexpr std::array kinds = {step_finished, step_failed,           item_finished,
                                  item_failed,   compensation_finished, condition_evaluated};
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  }

  void begin_life() {
    engine_ = std::make_unique<engine_life>(world_, std::move(store_), settings_, functions_);
    put_flow(*engine_, pattern_.definition);
    if (checkpoint_ > 0) return;
    run_until_idle(*engine_);
    static_cast<void>(
        send_command(*engine_, key_, start_of(key_, pattern_.name().c_str(), pattern_.input)));
  }

  /// Goes on until the run has made durable progress.
  void live() {
    std::shared_ptr<const persistence::view> seen;
    INFO("after checkpoint " << checkpoint_);
    const std::size_t before = progress_;
    while (progress_ == before) {
      REQUIRE(engine_->step());
      REQUIRE(++steps_ < max_steps);
      if (auto now = engine_->store().durable_view(); now != seen) note_checkpoint(*now);
      seen = engine_->store().durable_view();
    }
  }

  /// The power fails. What the old life does while it is destroyed did not happen.
  void die() {
    ++deaths_;
    store_ = engine_->store().after_power_loss();
    note_checkpoint(*store_->durable_view());
    for (const auto& call : durable_calls(*store_->durable_view(), key_, *flow_))
      if (const auto made = world_.calls.find(call); made != world_.calls.end())
        calls_when_durable_.try_emplace(call, made->second);
    const auto calls = world_.calls;
    engine_.reset();
    world_.calls = calls;
  }

  void note_checkpoint(const persistence::view& now) {
    const auto run = persistence::load_run(now, key_);
    REQUIRE(run);
    if (!run->has_value()) return;
    const std::uint64_t before = std::exchange(checkpoint_, (*run)->state.sequence);
    CHECK(checkpoint_ >= before);
    ended_ = is_finished((*run)->state.status);
    const auto history = persistence::load_history(now, key_, before + 1, 100'000);
    REQUIRE(history);
    for (const auto& each : *history)
      for (const auto& e : each.events)
        if (e.kind != flow::event_kind::step_restarted) ++progress_;
  }

  const pattern pattern_;
  const std::shared_ptr<const flow::compiled_flow> flow_;
  const run_key key_{in, run_id{"r"}};
  world world_;
  settings settings_;
  const std::shared_ptr<functions::registry> functions_;
  std::shared_ptr<persistence::memory_store> store_ = std::make_shared<persistence::memory_store>();
  std::unique_ptr<engine_life> engine_;
  std::map<std::string, int> calls_when_durable_;  ///< by idempotency key
  std::uint64_t checkpoint_ = 0;                   ///< the last durable one
  std::size_t progress_ = 0;                       ///< durable events, except of repeated calls
  bool ended_ = false;
  std::size_t deaths_ = 0;
  std::size_t steps_ = 0;
};

}  // namespace

TEST_CASE("each pattern ends in the same way if the power fails after each of its checkpoints",
          "[simulation][patterns]") {
  const auto patterns = patterns_of_the_page();
  CHECK(patterns.size() == 11);
  std::size_t calls = 0;
  for (const auto& each : patterns) {
    INFO("the pattern " << each.name());
    pattern_run undisturbed{each, 1};
    undisturbed.run_to_end();
    const run_end expected = undisturbed.end();
    INFO(expected.data.dump());
    CHECK(is_finished(expected.status));
    for (std::uint64_t seed = 2; seed <= 4; ++seed) {
      INFO("seed " << seed);
      pattern_run disturbed{each, seed};
      disturbed.run_to_end_with_deaths();
      const run_end found = disturbed.end();
      CHECK(found.status == expected.status);
      CHECK(found.data == expected.data);
      CHECK(found.output == expected.output);
      CHECK(found.error == expected.error);
      CHECK(found.ended == expected.ended);
      CHECK(disturbed.deaths() > 0);
      disturbed.check_calls();
      calls += disturbed.durable();
    }
  }
  CHECK(calls > 30);
}
