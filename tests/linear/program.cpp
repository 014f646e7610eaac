#include "tests/linear/program.hpp"

#include <limits.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace pawl::linear {
namespace {

outcome refused(const error& why) {
  return {.error = std::string{to_string(why.code)}};
}

void wait_for_end_of_input() {
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) continue;
}

}  // namespace

void write_record(const json& record) {
  const std::string line = record.dump() + "\n";
  if (line.size() > PIPE_BUF) std::abort();
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    std::abort();
}

int fail(const error& why) {
  std::fprintf(stderr, "linear test: %s\n", why.message.c_str());
  return 1;
}

outcome answer_of(const result<run_changed>& done) {
  if (!done) return refused(done.error());
  return {.status = done->run.status, .before = done->before, .pausing = done->pausing};
}

outcome answer_of(const result<run_started>& done) {
  if (!done) return refused(done.error());
  return {.status = done->status, .created = done->created};
}

outcome answer_of(const result<run_view>& seen) {
  if (!seen) return refused(seen.error());
  return {.status = seen->summary.status, .pausing = seen->pausing};
}

bool make_call(std::uint64_t number, int client, const std::string& run, const operation& what,
               const std::function<outcome(std::uint64_t& checkpoint)>& ask) {
  json record = to_json(what);
  record["call"] = number;
  record["client"] = client;
  record["run"] = run;
  write_record(record);
  std::uint64_t checkpoint = 0;
  const outcome answer = ask(checkpoint);
  record = to_json(answer);
  record["answer"] = number;
  if (checkpoint != 0) record["checkpoint"] = checkpoint;
  write_record(record);
  return answer.error != to_string(errc::unavailable);
}

bool write_history(const engine& of, const run_id& run) {
  const auto events = of.runs().history(run);
  if (!events) return events.error().code == errc::not_found;
  for (const auto& e : *events) {
    json record{{"event", e.kind}, {"run", run.str()}, {"checkpoint", e.checkpoint}};
    // The reason of a call is its number. The engine gives reasons, too.
    const std::string reason = e.detail.value("reason", "");
    if (!reason.empty() && reason.find_first_not_of("0123456789") == std::string::npos)
      record["caused_by"] = std::stoull(reason);
    if (e.detail.contains("id")) record["signal"] = std::stoi(e.detail.at("id").get<std::string>());
    if (e.kind == "child_started") {
      record["node"] = e.node;
      record["visit"] = e.visit;
      record["started"] = e.detail.at("run");
    }
    write_record(record);
  }
  return true;
}

arguments arguments_of(char** argv) {
  arguments given{
      argv[1], {}, std::strtoull(argv[3], nullptr, 10), std::strtoull(argv[4], nullptr, 10)};
  given.engine.storage.data_dir = argv[2];
  given.engine.storage.snapshot_min_bytes = 400;  // covers reading of states and of checkpoints
  given.engine.engine.crash_record = false;       // the kills are not the fault of a run
  given.engine.log.level = log_level::warning;
  given.engine.log.failed_runs = false;
  return given;
}

int work(engine& of, const arguments& how, std::uint64_t clients,
         const std::function<bool(int client, std::uint64_t number)>& make) {
  std::atomic<std::uint64_t> next{how.first_call};
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (std::uint64_t i = 1; i <= clients; ++i) {
    threads.emplace_back([&, i] {
      for (bool open = true; open && !over;) open = make(static_cast<int>(i), next++);
    });
  }
  const auto join = [&] {
    for (auto& t : threads) t.join();
    threads.clear();
  };
  wait_for_end_of_input();
  if (how.mode == "finish") {
    over = true;
    join();
  }
  const auto stopped = of.stop();  // open calls are answered with `unavailable`
  join();
  return stopped ? 0 : fail(stopped.error());
}

std::chrono::steady_clock::time_point settle_limit() {
  return std::chrono::steady_clock::now() + std::chrono::seconds{30};
}

}  // namespace pawl::linear
