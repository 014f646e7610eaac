#include "bench/subject.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "bench/failure.hpp"
#include "bench/remote_subject.hpp"
#include "bench/usage.hpp"

namespace pawl::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_run = 600s;

template <class T>
std::string text_of(const result<T>& answer) {
  return answer ? std::string{} : answer.error().message;
}

std::string text_of_end(const result<run_view>& ended) {
  if (!ended) return ended.error().message;
  const run_summary& run = ended->summary;
  if (run.status == run_status::completed) return {};
  return "a run of the benchmark ended as " + std::string{to_string(run.status)} +
         (run.error ? ": " + run.error->message : "");
}

/// Adds how long each part of an operation has taken, on average. Its commits follow one another.
void add_waterfall(measurement& seen, const engine_metrics& before, const engine_metrics& after) {
  const auto each = [&](distribution engine_metrics::*of) {
    return static_cast<double>((after.*of).sum - (before.*of).sum) / std::max(seen.items, 1.0);
  };
  const double write = each(&engine_metrics::write_us), sync = each(&engine_metrics::sync_us);
  const double commit = each(&engine_metrics::commit_us), call = each(&engine_metrics::step_us);
  const double all = seen.seconds * 1e6 / std::max(seen.items, 1.0);
  for (const auto& [name, us] : std::initializer_list<std::pair<const char*, double>>{
           {"write_us", write},
           {"sync_us", sync},
           {"rest_of_commits_us", commit - write - sync},
           {"call_us", call},
           {"outside_commits_us", all - commit - call}})
    seen.figures.emplace_back(name, us);
}

settings quiet(settings s) {
  s.log.level = log_level::error;
  return s;
}

}  // namespace

embedded_subject::embedded_subject(settings s) : engine_{quiet(std::move(s))} {
  const auto nothing = [](step_context&) {};
  or_throw(engine_.functions().add("bench.noop", nothing, {.run_inline = true}));
  or_throw(engine_.functions().add("bench.pure", nothing, {.pure = true}));
  or_throw(engine_.open());
}

void embedded_subject::put_flow(const json& definition) {
  static_cast<void>(or_throw(engine_.put_flow(definition)));
}

void embedded_subject::start_and_wait(const std::string& flow, done ended) {
  engine_.runs().start_and_wait_async(
      flow, {{"n", 1}}, longest_run, {},
      [ended = std::move(ended)](const result<run_view>& r) { ended(text_of_end(r)); });
}

void embedded_subject::start(const std::string& flow, const std::string& id, done started) {
  engine_.runs().start_async(
      flow, {{"n", 1}}, {.id = run_id{id}},
      [started = std::move(started)](const result<run_started>& r) { started(text_of(r)); });
}

void embedded_subject::signal(const std::string& id, done answered) {
  engine_.runs().signal_async(
      run_id{id}, "go", {{"by", "bench"}}, {},
      [answered = std::move(answered)](const result<run_changed>& r) { answered(text_of(r)); });
}

void embedded_subject::signal_to_end(const std::string& id, done ended) {
  engine_.runs().signal_async(
      run_id{id}, "go", {{"by", "bench"}}, {},
      [runs = engine_.runs(), ended = std::move(ended)](const result<run_changed>& r) {
        if (!r) return ended(r.error().message);
        if (r->run.status == run_status::completed) return ended({});
        runs.wait_async(r->run.key.id, longest_run,
                        [ended](const result<run_view>& view) { ended(text_of_end(view)); });
      });
}

void embedded_subject::wait(const std::string& id, done ended) {
  engine_.runs().wait_async(
      run_id{id}, longest_run,
      [ended = std::move(ended)](const result<run_view>& r) { ended(text_of_end(r)); });
}

void embedded_subject::get(const std::string& id, done read) {
  engine_.runs().get_async(
      run_id{id}, [read = std::move(read)](const result<run_view>& r) { read(text_of_end(r)); });
}

std::optional<double> embedded_subject::cpu_seconds() const {
  return own_cpu_seconds();
}

std::optional<std::uint64_t> embedded_subject::syncs() const {
  // The other modes have the same order of events, with syncs that do nothing.
  if (engine_.effective_settings().storage.durability != durability::sync) return 0;
  return engine_.metrics().sync_us.count;
}

std::unique_ptr<subject> open_subject(const round& with) {
  if (with.server) return std::make_unique<remote_subject>(*with.server, with.in_flight);
  return std::make_unique<embedded_subject>(with.settings);
}

measurement measure_work(const subject& on, double items,
                         const std::function<load_result()>& work) {
  measurement seen;
  const auto cpu = on.cpu_seconds();
  const auto syncs = on.syncs();
  load_result did = work();
  if (cpu) seen.cpu_seconds = *on.cpu_seconds() - *cpu;
  if (syncs) seen.syncs = *on.syncs() - *syncs;
  seen.items = items * static_cast<double>(did.ended);
  seen.seconds = did.seconds;
  seen.latency_ns = std::move(did.latency_ns);
  if (did.unsent > 0) seen.figures.emplace_back("unsent", static_cast<double>(did.unsent));
  return seen;
}

void warm_up(const round& with, const operation& op) {
  load_limits shorter = with.limits();
  shorter.length /= 4;
  static_cast<void>(closed_loop(op, shorter));
}

load_result run_load(const round& with, const operation& op) {
  return with.rate ? open_loop(op, *with.rate, with.limits()) : closed_loop(op, with.limits());
}

measurement measure_load(const subject& on, const round& with, const operation& op, double items) {
  warm_up(with, op);
  const auto before = on.metrics();
  measurement seen = measure_work(on, items, [&] { return run_load(with, op); });
  if (before && with.in_flight == 1) add_waterfall(seen, *before, *on.metrics());
  if (!with.server) seen.figures.emplace_back("resident_bytes", resident_bytes());
  return seen;
}

}  // namespace pawl::bench
