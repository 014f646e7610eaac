#include "tests/simulation/checks.hpp"

#include <tuple>
#include <utility>

#include "flow/machine/machine.hpp"
#include "flow/testing/invariants.hpp"
#include "persistence/keys.hpp"
#include "persistence/runs.hpp"
#include "tests/support/catch.hpp"

namespace pawl::simulation {

std::vector<flow::run_state> all_runs(const persistence::view& view) {
  std::vector<flow::run_state> runs;
  REQUIRE(view.scan(persistence::column::runs, {}, [&](std::string_view, std::string_view bytes) {
    const auto record = persistence::decode_run(bytes);
    REQUIRE(record);
    auto run = persistence::load_run(view, record->summary.key);
    REQUIRE(run);
    REQUIRE(run->has_value());
    runs.push_back(std::move((*run)->state));
    return persistence::view::next::more;
  }));
  return runs;
}

std::set<std::string> durable_calls(const persistence::view& view, const run_key& run,
                                    const flow::compiled_flow& compiled) {
  std::set<std::string> calls;
  const auto history = persistence::load_history(view, run, 0, 100'000);
  REQUIRE(history);
  for (const auto& checkpoint : *history)
    for (const auto& e : checkpoint.events)
      if (e.kind == flow::event_kind::step_finished ||
          e.kind == flow::event_kind::compensation_finished)
        calls.insert(flow::idempotency_key(run, compiled.at(*e.node).id, e.visit,
                                           e.kind == flow::event_kind::compensation_finished));
  return calls;
}

void check_signals(const persistence::view& view, const run_key& run,
                   const signal_set& acknowledged) {
  std::map<std::string, int> received, claimed;
  const auto history = persistence::load_history(view, run, 0, 100'000);
  REQUIRE(history);
  for (const auto& checkpoint : *history) {
    for (const auto& e : checkpoint.events) {
      if (e.kind == flow::event_kind::signal_received)
        ++received[e.detail.at("id").get<std::string>()];
      if (e.kind == flow::event_kind::signal_claimed)
        ++claimed[e.detail.at("id").get<std::string>()];
    }
  }
  for (const auto& [id, times] : received) CHECK(times == 1);
  for (const auto& [id, times] : claimed) {
    CHECK(times == 1);
    CHECK(received.contains(id));
  }
  for (const auto& [of, id] : acknowledged)
    if (of == run.id) CHECK(received.contains(id));
}

void check_indexes(const persistence::view& view, const flow_map& flows) {
  std::map<run_status, std::int64_t> counted;
  std::map<std::string, std::int64_t> queued;
  std::set<std::string> expected;
  REQUIRE(view.scan(persistence::column::runs, {}, [&](std::string_view, std::string_view bytes) {
    const auto record = persistence::decode_run(bytes);
    REQUIRE(record);
    ++counted[record->summary.status];
    const auto run = persistence::load_run(view, record->summary.key);
    REQUIRE(run);
    REQUIRE(run->has_value());
    CHECK(flow::testing::broken_invariant((*run)->state, true) == "");
    const auto state =
        persistence::index_state_of((*run)->state, *flows.at(record->summary.flow.name));
    const auto listed = persistence::load_listed(view, record->summary.key);
    REQUIRE(listed);
    REQUIRE(listed->has_value());
    const bool is_quarantined = record->summary.status != (*run)->state.status;
    if (!is_quarantined) CHECK(persistence::terms_of((*listed)->record.summary) == state.terms);
    for (auto& key : persistence::index_keys((*listed)->record.summary, state.runnable))
      expected.insert(std::move(key));
    using persistence::timer_kind;
    for (const auto& [kind, due] : {std::pair{timer_kind::time, state.timers.time},
                                    std::pair{timer_kind::duration, state.timers.duration}})
      if (due) expected.insert(persistence::keys::timer(kind, record->summary.key, *due));
    for (const auto& t : flow::open_tasks((*run)->state)) {
      const persistence::keys::task_queue queue{in, t.task.queue, t.task.code_ref};
      if (t.task.lease != 0) {
        expected.insert(persistence::keys::leased({record->summary.key, t.token}));
      } else {
        expected.insert(persistence::keys::queued(
            {queue, t.task.since, {record->summary.key, t.token}, t.visit, t.attempt}));
        ++queued[persistence::keys::queued_count(queue)];
      }
    }
    return persistence::view::next::more;
  }));
  for (const auto status : all_run_statuses)
    CHECK(*view.counter(persistence::keys::runs_with_status(in, status)) == counted[status]);
  std::set<std::string> indexed_work;
  for (const auto& range : {persistence::keys::runnable_runs(), persistence::view::range{"s", "t"},
                            persistence::view::range{"f", "g"}, persistence::view::range{"a", "b"},
                            persistence::view::range{"i", "j"}, persistence::keys::all_leased(),
                            persistence::view::range{"q", "r"},
                            persistence::keys::timers(persistence::timer_kind::time),
                            persistence::keys::timers(persistence::timer_kind::duration)}) {
    REQUIRE(view.scan(persistence::column::indexes, range, [&](std::string_view key, auto) {
      indexed_work.emplace(key);
      return persistence::view::next::more;
    }));
  }
  CHECK(indexed_work == expected);
  REQUIRE(view.scan(persistence::column::counters, persistence::keys::queued_counts(),
                    [&](std::string_view key, std::string_view sum) {
                      CHECK(*persistence::decode_counter(sum) == queued[std::string{key}]);
                      return persistence::view::next::more;
                    }));
}

void check_subflows(const persistence::view& end, const flow_map& flows, tally& seen) {
  for (const auto& range : {persistence::keys::orphaned_runs(), persistence::keys::ended_children(),
                            persistence::keys::resumed_children()}) {
    REQUIRE(end.scan(persistence::column::indexes, range, [&](std::string_view key, auto) {
      FAIL_CHECK("an index entry is left: " << key);
      return persistence::view::next::more;
    }));
  }
  for (const auto& parent : all_runs(end)) {
    INFO("the run " << parent.key.id.str());
    if (parent.parent) ++seen.children;
    std::map<std::tuple<std::string, std::uint32_t, std::uint32_t>, run_id> started;
    const auto history = persistence::load_history(end, parent.key, 0, 100'000);
    REQUIRE(history);
    const auto& compiled = *flows.at(parent.flow.name);
    std::map<std::tuple<flow::node_index, std::uint32_t, std::uint32_t>, int> notified;
    for (const auto& checkpoint : *history) {
      for (const auto& e : checkpoint.events) {
        using enum flow::event_kind;
        if (!e.node || compiled.at(*e.node).type != "subflow") continue;
        const std::tuple attempt{compiled.at(*e.node).id, e.visit, e.attempt};
        if (e.kind == child_started) {
          CHECK(started.emplace(attempt, run_id{e.detail.at("run").get<std::string>()}).second);
        } else if (e.kind == step_finished || e.kind == step_failed || e.kind == retry_scheduled) {
          CHECK(++notified[{*e.node, e.visit, e.attempt}] == 1);
          const auto of = started.find(attempt);
          if (of == started.end()) continue;  // ended before its start was recorded
          const auto child = persistence::load_record(end, {in, of->second});
          REQUIRE(child);
          REQUIRE(child->has_value());
          const auto status = (*child)->summary.status;
          CHECK(is_finished(status));
          if (e.kind == step_finished) CHECK(status == run_status::completed);
          if (e.kind != step_finished && status == run_status::cancelled) ++seen.children_stopped;
        }
      }
    }
  }
}

}  // namespace pawl::simulation
