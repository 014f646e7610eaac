#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

#include "persistence/memory/memory_store.hpp"
#include "runtime/core.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

/// A store that counts how often it is synced.
class counted_store final : public persistence::store {
 public:
  explicit counted_store(std::atomic<int>& syncs) : syncs_(syncs) {}

  result<std::shared_ptr<const persistence::view>> write(
      std::span<const persistence::batch* const> batches) override {
    return kept_in_.write(batches);
  }
  result<void> sync() override {
    ++syncs_;
    return kept_in_.sync();
  }
  void publish(std::shared_ptr<const persistence::view> written) override {
    kept_in_.publish(std::move(written));
  }
  std::shared_ptr<const persistence::view> durable_view() const override {
    return kept_in_.durable_view();
  }
  result<void> check_writable() override { return {}; }
  result<void> close() override { return kept_in_.close(); }

 private:
  persistence::memory_store kept_in_;
  std::atomic<int>& syncs_;
};

json line(int steps) {
  json nodes = json::array({{{"id", "s"}, {"type", "start"}}});
  json edges = json::array();
  for (int i = 0; i < steps; ++i) {
    const std::string before = i == 0 ? "s" : "t" + std::to_string(i - 1);
    const std::string id = "t" + std::to_string(i);
    nodes.push_back({{"id", id}, {"type", "task"}, {"data", {{"code_ref", "t.noop"}}}});
    edges.push_back({{"source", before}, {"target", id}});
  }
  return {{"name", "line" + std::to_string(steps)}, {"nodes", nodes}, {"edges", edges}};
}

}  // namespace

TEST_CASE("a run of n steps waits for n + 1 syncs of the store", "[engine][durability]") {
  std::atomic<int> syncs{0};
  settings s;
  s.log.level = log_level::error;
  engine_components components;
  components.open_store = [&] {
    return result<std::unique_ptr<persistence::store>>{std::make_unique<counted_store>(syncs)};
  };
  engine e = engine_access::make(s, std::move(components));
  const bool run_inline = GENERATE(true, false);
  CAPTURE(run_inline);
  REQUIRE(e.functions().add("t.noop", [](step_context&) {}, {.run_inline = run_inline}));
  REQUIRE(e.open());
  for (const int steps : {1, 3, 10}) {
    CAPTURE(steps);
    const json definition = line(steps);
    REQUIRE(e.put_flow(definition));
    const int before = syncs;
    const auto done = e.start_and_wait(definition["name"].get<std::string>(), json::object(), 10s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::completed);
    CHECK(syncs - before == steps + 1);
  }
}
