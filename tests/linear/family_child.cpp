// Opens an engine on a folder and runs clients, which use a few families of runs, until it is
// killed or its input ends. See program.hpp for its arguments and its output. Besides, it writes a
// record before each call of a function, and at the end one for each child run.
#include <chrono>
#include <string>
#include <thread>

#include "tests/linear/family.hpp"
#include "tests/linear/program.hpp"
#include "tests/linear/workload.hpp"

namespace {

using namespace pawl::linear;
using namespace std::chrono_literals;
using pawl::json;

json node(const char* id, const char* type, json data = json::object()) {
  return {{"id", id}, {"type", type}, {"data", std::move(data)}};
}

json chain(const char* name, const json& nodes) {
  json edges = json::array();
  for (std::size_t i = 1; i < nodes.size(); ++i)
    edges.push_back({{"source", nodes[i - 1].at("id")}, {"target", nodes[i].at("id")}});
  return {{"name", name}, {"nodes", nodes}, {"edges", edges}};
}

json parent_definition() {
  const json two{{"flow", "child"}, {"retry", {{"max_attempts", 2}, {"initial_interval", "3ms"}}}};
  return chain("parent", {node("begin", "start"), node("before", "task", {{"code_ref", "t.step"}}),
                          node("one", "subflow", {{"flow", "child"}}), node("two", "subflow", two),
                          node("after", "task", {{"code_ref", "t.step"}})});
}

json child_definition() {
  return chain("child", {node("begin", "start"), node("first", "task", {{"code_ref", "t.step"}}),
                         node("second", "task",
                              {{"code_ref", "t.fails"}, {"retry", {{"max_attempts", 1}}}})});
}

/// A key as "scope/run/node/visit".
void record_call(const pawl::step_context& call) {
  const std::string& key = call.idempotency_key();
  const auto run = key.find('/') + 1;
  const auto after_run = key.find('/', run) + 1;
  write_record({{"function", key},
                {"run", key.substr(run, after_run - 1 - run)},
                {"node", key.substr(after_run, key.find('/', after_run) - after_run)}});
}

pawl::result<json> step(pawl::step_context& call) {
  record_call(call);
  const auto draw = std::hash<std::string>{}(call.idempotency_key()) % 4;
  static_cast<void>(call.sleep_for(std::chrono::milliseconds{draw}));
  return json{{"done", true}};
}

/// Fails up to four times.
pawl::result<json> failing_step(pawl::step_context& call) {
  auto done = step(call);
  const auto failures = std::hash<std::string>{}(call.idempotency_key()) / 4 % 5;
  if (call.attempt() <= failures) return pawl::fail("busy", "try again");
  return done;
}

/// The run that a call is for.
pawl::result<pawl::run_id> run_of(const pawl::engine& engine, const family_task& chosen) {
  const pawl::run_id parent{chosen.parent};
  if (!chosen.of_child) return parent;
  const auto events = engine.runs().history(parent);
  if (!events && events.error().code != pawl::errc::not_found) return events.error();
  pawl::run_id found = parent;
  if (events)
    for (const auto& e : *events)
      if (e.kind == "child_started") found = pawl::run_id{e.detail.at("run").get<std::string>()};
  return found;
}

/// Makes a call and records it. False: the engine accepts no further calls.
bool make(const pawl::engine& engine, int client, std::uint64_t number, const family_task& chosen) {
  const auto run = run_of(engine, chosen);
  if (!run) return false;
  const auto ask = [&](std::uint64_t& checkpoint) {
    switch (chosen.what.what) {
      case verb::start: {
        pawl::start_options options;
        options.id = *run;
        return answer_of(engine.start("parent", json::object(), options));
      }
      case verb::retry:
        return answer_of(
            engine.runs().retry(*run, {chosen.what.if_status, std::to_string(number)}));
      default: {
        const auto seen = engine.get(*run);
        if (seen) checkpoint = seen->checkpoint;
        return answer_of(seen);
      }
    }
  };
  return make_call(number, client, run->str(), chosen.what, ask);
}

/// Retries a parent until it completes. False: timeout.
bool complete(const pawl::engine& engine, const pawl::run_id& parent,
              std::chrono::steady_clock::time_point until) {
  while (const auto seen = engine.get(parent)) {
    if (seen->summary.status == pawl::run_status::completed) return true;
    if (std::chrono::steady_clock::now() > until) return false;
    if (seen->summary.status == pawl::run_status::failed)
      static_cast<void>(engine.runs().retry(parent));
    std::this_thread::sleep_for(1ms);
  }
  return true;  // no such run, or an error: the recorded call shows which
}

/// Writes a record for each run that has a parent, and its history.
bool write_children(const pawl::engine& engine) {
  pawl::run_filter filter;
  do {
    const auto page = engine.runs().list(filter);
    if (!page) return false;
    for (const auto& run : page->runs) {
      if (!run.parent) continue;
      write_record({{"child", run.key.id.str()}, {"of", run.parent->str()}});
      if (!write_history(engine, run.key.id)) return false;
    }
    filter.cursor = page->next;
  } while (!filter.cursor.empty());
  return true;
}

int settle(pawl::engine& engine, std::uint64_t families, std::uint64_t first) {
  const auto until = settle_limit();
  for (std::uint64_t i = 0; i < families; ++i) {
    const pawl::run_id parent{family_name(i)};
    if (!complete(engine, parent, until)) write_record({{"still_active", parent.str()}});
    make(engine, 0, first + i, {parent.str(), false, {}});
    if (!write_history(engine, parent)) return 1;
  }
  if (!write_children(engine)) return 1;
  const auto stopped = engine.stop();
  return stopped ? 0 : fail(stopped.error());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const arguments given = arguments_of(argv);
  pawl::engine engine{given.engine};
  if (auto added = engine.functions().add("t.step", step); !added) return fail(added.error());
  if (auto added = engine.functions().add("t.fails", failing_step); !added)
    return fail(added.error());
  if (auto opened = engine.open(); !opened) return fail(opened.error());
  for (const json& flow : {child_definition(), parent_definition()})
    if (auto put = engine.put_flow(flow); !put) return fail(put.error());
  if (given.mode == "settle") return settle(engine, given.third, given.first_call);
  return work(engine, given, clients, [&](int client, std::uint64_t number) {
    return make(engine, client, number, choose_family(given.third, number));
  });
}
