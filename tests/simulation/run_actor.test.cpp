// One run's actor among actors of the test, which decides when a commit is durable.

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include "actors/run.hpp"
#include "flow/machine/machine.hpp"
#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "tests/simulation/fixtures.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::simulation;
using persistence::column;

namespace {

/// What a run's actor has sent and the test has not handled.
struct outbox {
  std::deque<std::shared_ptr<const persistence::batch>> commits;
  std::deque<actors::run_command> to_other_runs;
};

/// Stands for all actors that a run's actor sends to.
class recorder final : public actors::actor_base {
 public:
  recorder(caf::actor_config& config, outbox& to) : actor_base(config), to_(to) {}
  caf::behavior make_behavior() override {
    return {
        [this](actors::commit& c) { to_.commits.push_back(std::move(c.writes)); },
        [this](actors::run_command& c) { to_.to_other_runs.push_back(std::move(c)); },
        [](const actors::run_idle&) {},
        [](const actors::timer_changed&) {},
        [](const actors::tasks_changed&) {},
        [this](const actors::shutdown_run&) { quit(); },
    };
  }

 private:
  outbox& to_;
};

/// A run "p" whose flow is one subflow, and its actor. The child run never starts.
class parent_actor {
 public:
  parent_actor()
      : system_(config_),
        scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())) {
    store_flow("child", {{"name", "child"}, {"nodes", {{{"id", "begin"}, {"type", "start"}}}}});
    store_flow("parent", {{"name", "parent"},
                          {"nodes",
                           {{{"id", "begin"}, {"type", "start"}},
                            {{"id", "work"}, {"type", "subflow"}, {"data", {{"flow", "child"}}}}}},
                          {"edges", {{{"source", "begin"}, {"target", "work"}}}}});
    const auto clock = std::make_shared<world_clock>(world_);
    auto loader = std::make_unique<world_loader>(world_);
    loader_ = loader.get();
    context_ = std::make_shared<actors::engine_context>(
        settings{}, std::make_unique<world_store>(world_, store_), clock,
        std::make_shared<actors::engine_time>(clock), std::make_unique<world_rng>(world_),
        simulated_functions(1, true), std::make_unique<world_executor>(world_), std::move(loader),
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>()));
    others_ = system_.spawn<recorder>(std::ref(sent_));
    actor_ = system_.spawn<actors::run_actor>(context_, key_, others_, others_, others_, others_,
                                              actors::active_place::to_take);
    command(start_of(key_, "parent", json::object()));
    make_all_durable();
  }
  ~parent_actor() {
    for (const auto& each : {actor_, others_}) actors::post(each, actors::shutdown_run{});
    make_all_durable();
    sent_ = {};
  }

  template <class Message>
  void post(Message&& message) {
    actors::post(actor_, std::forward<Message>(message));
    handle_all();
  }
  void command(flow::command what) { post(command_to(key_, std::move(what))); }

  [[nodiscard]] const run_key& key() const noexcept { return key_; }
  [[nodiscard]] std::size_t pending() const noexcept { return sent_.commits.size(); }
  [[nodiscard]] std::deque<actors::run_command>& to_other_runs() noexcept {
    return sent_.to_other_runs;
  }
  [[nodiscard]] bool has(const std::string& index_key) const {
    return store_->durable_view()->get(column::indexes, index_key)->has_value();
  }
  [[nodiscard]] flow::run_state state() const {
    return (*persistence::load_run(*store_->durable_view(), key_))->state;
  }

  void make_next_durable() {
    write(*sent_.commits.front());
    sent_.commits.pop_front();
    post(actors::committed{});
  }
  /// Handles all messages and runs all jobs of the loader.
  void handle_all() {
    do scheduler_.run();
    while (loader_->run_one());
  }
  void make_all_durable() {
    handle_all();
    while (!sent_.commits.empty()) make_next_durable();
  }
  void write(const persistence::batch& writes) {
    const persistence::batch* const all[] = {&writes};
    store_->publish(store_->write(all).value());
  }

 private:
  void store_flow(const char* name, const json& definition) {
    const flow_version_id id{flow_name{name}, {1, 0, 0}};
    persistence::batch writes;
    writes.put(column::flows, persistence::keys::flow_head(in, id.name),
               persistence::encode_flow_head({id.version, id.version}));
    writes.put(column::flows, persistence::keys::flow_version(in, id),
               persistence::encode_flow({definition, {}}));
    write(writes);
  }

  world world_{1};
  std::shared_ptr<persistence::memory_store> store_ = std::make_shared<persistence::memory_store>();
  const run_key key_{in, run_id{"p"}};
  outbox sent_;
  world_loader* loader_ = nullptr;
  system_config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
  actors::engine_context_ptr context_;
  caf::actor others_;
  caf::actor actor_;
};

}  // namespace

TEST_CASE("the notice of a child's end stays if a retry waits for the child before it is erased",
          "[simulation][subflow]") {
  for (const bool retried : {false, true}) {
    CAPTURE(retried);
    parent_actor parent;
    REQUIRE(parent.to_other_runs().size() == 1);
    const run_id child = parent.to_other_runs().front().key.id;
    // The child cannot be started, so the parent fails.
    parent.to_other_runs().front().answer(error{errc::not_found, "no such flow"});
    parent.make_all_durable();
    REQUIRE(parent.state().status == run_status::failed);

    // The notice of an end comes while the parent has a commit under way.
    const std::string notice = persistence::keys::ended({parent.key(), child});
    persistence::batch writes;
    writes.put(column::indexes, notice, {});
    parent.write(writes);
    parent.command(flow::set_data_command{{}, "", {{"n", 1}}});
    REQUIRE(parent.pending() == 1);
    parent.post(actors::child_ended{parent.key(), child, {}});
    if (retried) parent.command(flow::retry_command{});
    REQUIRE(parent.pending() == (retried ? 2 : 1));
    parent.make_next_durable();
    parent.make_all_durable();
    CHECK(parent.has(notice) == retried);
  }
}

TEST_CASE("the notice of a child's end that is gone is not erased again", "[simulation][subflow]") {
  parent_actor parent;
  const run_id child = parent.to_other_runs().front().key.id;
  parent.to_other_runs().front().answer(error{errc::not_found, "no such flow"});
  parent.make_all_durable();
  parent.post(actors::child_ended{parent.key(), child, {}});
  CHECK(parent.pending() == 0);
}
