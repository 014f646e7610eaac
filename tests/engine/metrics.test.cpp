// The metrics of a real engine, and its totals over all scopes.

#include <pawl/engine.hpp>

#include <future>
#include <numeric>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

json measured_task(const std::string& id, const std::string& code_ref) {
  return {{"id", id}, {"type", "task"}, {"data", {{"code_ref", code_ref}}}};
}

json measured_flow(const std::string& name, const std::vector<json>& nodes) {
  json edges = json::array();
  for (std::size_t i = 1; i < nodes.size(); ++i)
    edges.push_back({{"source", nodes[i - 1]["id"]}, {"target", nodes[i]["id"]}});
  return {{"name", name}, {"nodes", nodes}, {"edges", std::move(edges)}};
}

/// An in-memory engine with the functions that the tests call.
std::unique_ptr<engine> measured_engine() {
  settings s;
  s.log.level = log_level::error;
  s.worker.default_queue = "default";
  auto made = std::make_unique<engine>(s);
  auto functions = made->functions();
  REQUIRE(functions.add("m.quick", [](step_context&) {}, {.run_inline = true}));
  REQUIRE(functions.add("m.fail",
                        [](step_context&) -> result<json> { return fail("no", "as it should"); }));
  REQUIRE(made->open());
  return made;
}

void finish_run(const scope& in, const std::string& flow, run_status expected) {
  const auto started = in.start(flow);
  REQUIRE(started);
  const auto done = in.wait(started->id, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == expected);
}

engine_totals totals_now(const engine& of) {
  std::promise<result<engine_totals>> answer;
  of.totals_async([&](result<engine_totals> all) { answer.set_value(std::move(all)); });
  auto all = answer.get_future().get();
  REQUIRE(all);
  return *std::move(all);
}

std::uint64_t counted(const engine_totals& all, run_status status) {
  for (const auto& each : all.runs)
    if (each.status == status) return each.count;
  return 0;
}

std::uint64_t in_buckets(const distribution& d) {
  return std::accumulate(d.counts.begin(), d.counts.end(), std::uint64_t{0});
}

}  // namespace

TEST_CASE("An engine measures its steps, commits, writes and syncs") {
  const auto e = measured_engine();
  REQUIRE(e->put_flow(
      measured_flow("three", {measured_task("a", "m.quick"), measured_task("b", "m.quick"),
                              measured_task("c", "m.quick")})));
  REQUIRE(e->put_flow(measured_flow("bad", {measured_task("a", "m.fail")})));
  const auto before = e->metrics();
  CHECK(before.steps_completed == 0);
  for (int i = 0; i < 5; ++i) finish_run(e->scope(), "three", run_status::completed);
  finish_run(e->scope(), "bad", run_status::failed);

  const auto now = e->metrics();
  CHECK(now.steps_completed == 15);
  CHECK(now.steps_failed == 1);
  CHECK(now.steps_interrupted == 0);
  CHECK(now.step_us.count == 16);
  CHECK(now.start_to_first_step_us.count == 6);
  CHECK(now.signal_to_step_us.count == 0);
  CHECK(now.commit_us.count == 22);  // six starts and sixteen outcomes
  CHECK(now.group_batches.sum - before.group_batches.sum == 22);
  CHECK(now.write_us.count == now.group_batches.count);
  CHECK(now.sync_us.count > before.sync_us.count);
  CHECK(now.sync_us.count <= now.write_us.count);
  for (const auto* d : {&now.step_us, &now.commit_us, &now.write_us, &now.group_batches})
    CHECK(in_buckets(*d) == d->count);
}

TEST_CASE("An engine measures the time from a signal to the step that it triggers, and no other") {
  const auto e = measured_engine();
  REQUIRE(e->put_flow(
      measured_flow("waits", {{{"id", "s"}, {"type", "signal"}, {"data", {{"name", "go"}}}},
                              measured_task("a", "m.quick")})));
  const auto started = e->start("waits");
  REQUIRE(started);
  REQUIRE(e->signal(started->id, "other", json::object()));
  CHECK(e->metrics().signal_to_step_us.count == 0);
  REQUIRE(e->signal(started->id, "go", json::object()));
  REQUIRE(e->wait(started->id, 30s));
  CHECK(e->metrics().signal_to_step_us.count == 1);
  CHECK(e->metrics().start_to_first_step_us.count == 0);
}

TEST_CASE("Totals count the runs and tasks of all scopes") {
  const auto e = measured_engine();
  const auto other = e->scope("other");
  REQUIRE(other);
  for (const scope& in : {e->scope(), *other}) {
    REQUIRE(in.put_flow(measured_flow("one", {measured_task("a", "core.set")})));
    REQUIRE(in.put_flow(measured_flow("far", {measured_task("a", "w.far")})));
    finish_run(in, "one", run_status::completed);
    REQUIRE(in.start("far"));
  }
  task_poll poll;
  poll.worker = "w";
  poll.functions = {"w.far"};
  poll.wait = 30s;
  const auto tasks = e->workers().poll(poll);
  REQUIRE(tasks);
  REQUIRE(tasks->size() == 1);
  const auto theirs = other->workers().poll(poll);
  REQUIRE(theirs);
  REQUIRE(other->workers().complete(theirs->front().id, {json::object()}));

  const auto all = totals_now(*e);
  CHECK(counted(all, run_status::completed) == 3);
  CHECK(counted(all, run_status::running) == 1);
  CHECK(all.tasks_leased == 1);
  CHECK(all.tasks_queued == 0);
  REQUIRE(e->stop());
  CHECK(e->metrics().steps_completed == 0);
}
