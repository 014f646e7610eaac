// Opens an engine on a folder and runs clients until it is killed or its input ends.
//
//   linear_child work DATA_DIR SEED FIRST_CALL    makes the calls of `choose` from FIRST_CALL on;
//   at
//                                                 the end of the input stops the engine during
//                                                 calls
//   linear_child finish DATA_DIR SEED FIRST_CALL  the same, but waits for the open calls first
//   linear_child settle DATA_DIR RUNS FIRST_CALL  waits until all runs are idle, gets each and
//   writes
//                                                 its history
//
// Writes records to its output, one JSON object per line: `call` before a call, `answer` after its
// answer, `event` for the history, `still_active` for a run that does not become idle. A record is
// one write(2) of less than PIPE_BUF bytes to a pipe, so it is complete or absent if the process is
// killed, and the order of records is the order of the writes of all threads.
#include <limits.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <pawl/engine.hpp>

#include "tests/linear/workload.hpp"

namespace {

using namespace pawl::linear;
using namespace std::chrono_literals;
using pawl::json;

void write_record(const json& record) {
  const std::string line = record.dump() + "\n";
  if (line.size() > PIPE_BUF) std::abort();
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    std::abort();
}

int fail(const pawl::error& why) {
  std::fprintf(stderr, "linear_child: %s\n", why.message.c_str());
  return 1;
}

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

outcome refused(const pawl::error& why) {
  return {.error = std::string{to_string(why.code)}};
}

outcome answer_of(const pawl::result<pawl::run_changed>& done) {
  if (!done) return refused(done.error());
  return {.status = done->run.status, .before = done->before, .pausing = done->pausing};
}

outcome answer_of(const pawl::result<pawl::run_started>& done) {
  if (!done) return refused(done.error());
  return {.status = done->status, .created = done->created};
}

outcome answer_of(const pawl::result<pawl::run_view>& seen) {
  if (!seen) return refused(seen.error());
  shown_data data{
      seen->data.value("input", 0), seen->data.value("note", 0), seen->data.value("steps", 0), {}};
  for (int i = 1; i <= pairs; ++i) {
    const std::string key = "signal_" + std::to_string(i);
    if (seen->data.contains(key)) data.claimed.push_back(seen->data.at(key));
  }
  return {.status = seen->summary.status, .pausing = seen->pausing, .data = std::move(data)};
}

class client {
 public:
  client(const pawl::engine& engine, int number) : engine_(engine), number_(number) {}

  /// Makes a call and records it. False: the engine accepts no further calls.
  bool make(std::uint64_t number, const task& chosen) const {
    json record = to_json(chosen.what);
    record["call"] = number;
    record["client"] = number_;
    record["run"] = chosen.run;
    write_record(record);
    std::uint64_t checkpoint = 0;
    const outcome answer = ask(pawl::run_id{chosen.run}, number, chosen.what, checkpoint);
    record = to_json(answer);
    record["answer"] = number;
    if (checkpoint != 0) record["checkpoint"] = checkpoint;
    write_record(record);
    return answer.error != to_string(pawl::errc::unavailable);
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
      case verb::get:
        break;
    }
    const auto seen = engine_.get(run);
    if (seen) checkpoint = seen->checkpoint;
    return answer_of(seen);
  }

  const pawl::engine& engine_;
  const int number_;
};

void wait_for_end_of_input() {
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) continue;
}

int work(pawl::engine& engine, std::uint64_t seed, std::uint64_t first, bool finishes) {
  std::atomic<std::uint64_t> next{first};
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (std::uint64_t i = 1; i <= clients; ++i) {
    threads.emplace_back([&, i] {
      const client self{engine, static_cast<int>(i)};
      for (bool open = true; open && !over;) {
        const std::uint64_t number = next++;
        open = self.make(number, choose(seed, number));
      }
    });
  }
  const auto join = [&] {
    for (auto& t : threads) t.join();
    threads.clear();
  };
  wait_for_end_of_input();
  if (finishes) {
    over = true;
    join();
  }
  const auto stopped = engine.stop();  // open calls are answered with `unavailable`
  join();
  return stopped ? 0 : fail(stopped.error());
}

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

void write_history(const pawl::run_id& run, const std::vector<pawl::history_event>& events) {
  for (const auto& e : events) {
    json record{{"event", e.kind}, {"run", run.str()}, {"checkpoint", e.checkpoint}};
    if (e.detail.contains("reason"))
      record["caused_by"] = std::stoull(e.detail.at("reason").get<std::string>());
    if (e.detail.contains("id")) record["signal"] = std::stoi(e.detail.at("id").get<std::string>());
    write_record(record);
  }
}

int settle(pawl::engine& engine, std::uint64_t runs, std::uint64_t first) {
  const client self{engine, 0};
  const auto until = std::chrono::steady_clock::now() + 30s;
  for (std::uint64_t i = 0; i < runs; ++i) {
    const pawl::run_id run{run_name(i)};
    if (!wait_until_idle(engine, run, until)) write_record({{"still_active", run.str()}});
    self.make(first + i, {run.str(), {}});
    const auto events = engine.runs().history(run);
    if (events) {
      write_history(run, *events);
    } else if (events.error().code != pawl::errc::not_found) {
      return fail(events.error());
    }
  }
  const auto stopped = engine.stop();
  return stopped ? 0 : fail(stopped.error());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const std::string mode = argv[1];
  const std::uint64_t third = std::strtoull(argv[3], nullptr, 10);
  const std::uint64_t first = std::strtoull(argv[4], nullptr, 10);

  pawl::settings settings;
  settings.storage.data_dir = argv[2];
  settings.storage.snapshot_min_bytes = 400;  // covers reading of states and of checkpoints
  settings.log.level = pawl::log_level::warning;
  pawl::engine engine{settings};
  if (auto added = engine.functions().add("test.step", step); !added) return fail(added.error());
  if (auto opened = engine.open(); !opened) return fail(opened.error());
  if (auto put = engine.put_flow(flow_definition()); !put) return fail(put.error());
  if (mode == "settle") return settle(engine, third, first);
  return work(engine, third, first, mode == "finish");
}
