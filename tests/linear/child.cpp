// Opens an engine on a folder and runs clients, which use a few runs of signals and tasks, until it
// is killed or its input ends. See program.hpp for its arguments and its output.
#include <chrono>
#include <string>
#include <thread>

#include "tests/linear/program.hpp"
#include "tests/linear/workload.hpp"

namespace {

using namespace pawl::linear;
using namespace std::chrono_literals;
using pawl::json;

/// `pairs` pairs of a signal and a task, then the end.
json flow_definition() {
  json nodes = json::array({{{"id", "begin"}, {"type", "start"}}}), edges = json::array();
  std::string last = "begin";
  const auto add = [&](const std::string& id, const char* type, json data) {
    nodes.push_back({{"id", id}, {"type", type}, {"data", std::move(data)}});
    edges.push_back({{"source", last}, {"target", id}});
    last = id;
  };
  for (int i = 1; i <= pairs; ++i) {
    const std::string number = std::to_string(i);
    add("signal-" + number, "signal", {{"name", "go"}, {"into", "signal_" + number}});
    add("task-" + number, "task", {{"code_ref", "test.step"}});
  }
  add("end", "end", json::object());
  return {{"name", "pairs"}, {"nodes", nodes}, {"edges", edges}};
}

/// A task. Some return at once, some take long enough for several commands.
json step(const json& state, pawl::step_context& call) {
  const auto draw = std::hash<std::string>{}(call.idempotency_key()) % 4;
  static_cast<void>(call.sleep_for(std::chrono::milliseconds{draw < 2 ? 0 : draw * 2}));
  return {{"steps", state.value("steps", 0) + 1}};
}

outcome view_of(const pawl::result<pawl::run_view>& seen) {
  outcome answer = answer_of(seen);
  if (!seen) return answer;
  shown_data data{
      seen->data.value("input", 0), seen->data.value("note", 0), seen->data.value("steps", 0), {}};
  for (int i = 1; i <= pairs; ++i) {
    const std::string key = "signal_" + std::to_string(i);
    if (seen->data.contains(key)) data.claimed.push_back(seen->data.at(key));
  }
  answer.data = std::move(data);
  return answer;
}

class client {
 public:
  client(const pawl::engine& engine, int number) : engine_(engine), number_(number) {}

  /// Makes a call and records it. False: the engine accepts no further calls.
  bool make(std::uint64_t number, const task& chosen) const {
    return make_call(number, number_, chosen.run, chosen.what, [&](std::uint64_t& checkpoint) {
      return ask(pawl::run_id{chosen.run}, number, chosen.what, checkpoint);
    });
  }

 private:
  outcome ask(const pawl::run_id& run, std::uint64_t number, const operation& what,
              std::uint64_t& checkpoint) const {
    const std::string reason = std::to_string(number);
    switch (what.what) {
      case verb::start: {
        pawl::start_options options;
        options.id = run;
        return answer_of(engine_.start("pairs", {{"input", what.input}}, options));
      }
      case verb::signal:
        return answer_of(engine_.signal(run, "go", what.signal, {std::to_string(what.signal)}));
      case verb::pause:
        return answer_of(engine_.runs().pause(run, {what.if_status, reason}));
      case verb::resume: {
        json update = json::object();
        if (what.note != 0) update["note"] = what.note;
        return answer_of(engine_.runs().resume(run, {what.if_status, reason, update}));
      }
      case verb::cancel:
        return answer_of(engine_.runs().cancel(run, {what.if_status, reason}));
      case verb::retry:  // no run of this flow fails
      case verb::get:
        break;
    }
    const auto seen = engine_.get(run);
    if (seen) checkpoint = seen->checkpoint;
    return view_of(seen);
  }

  const pawl::engine& engine_;
  const int number_;
};

/// Waits until a run is idle: nothing happens in it without a command. False: timeout.
bool wait_until_idle(const pawl::engine& engine, const pawl::run_id& run,
                     std::chrono::steady_clock::time_point until) {
  while (const auto seen = engine.get(run)) {
    const auto status = seen->summary.status;
    if (seen->parked || is_finished(status) || status == pawl::run_status::paused) return true;
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;  // no such run, or an error: the recorded call shows which
}

int settle(pawl::engine& engine, std::uint64_t runs, std::uint64_t first) {
  const client self{engine, 0};
  const auto until = settle_limit();
  for (std::uint64_t i = 0; i < runs; ++i) {
    const pawl::run_id run{run_name(i)};
    if (!wait_until_idle(engine, run, until)) write_record({{"still_active", run.str()}});
    self.make(first + i, {run.str(), {}});
    if (!write_history(engine, run)) return 1;
  }
  const auto stopped = engine.stop();
  return stopped ? 0 : fail(stopped.error());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const arguments given = arguments_of(argv);
  pawl::engine engine{given.engine};
  if (auto added = engine.functions().add("test.step", step); !added) return fail(added.error());
  if (auto opened = engine.open(); !opened) return fail(opened.error());
  if (auto put = engine.put_flow(flow_definition()); !put) return fail(put.error());
  if (given.mode == "settle") return settle(engine, given.third, given.first_call);
  return work(engine, given, clients, [&](int number, std::uint64_t call) {
    return client{engine, number}.make(call, choose(given.third, call));
  });
}
