#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>
#include <pawl/jobs.hpp>

#include "persistence/jobs.hpp"
#include "persistence/keys.hpp"
#include "persistence/testing/wrapped_store.hpp"
#include "runtime/core.hpp"
#include "tests/engine/fixture.hpp"

/// Engines whose process dies while a job is at work.
namespace pawl::testing {

using namespace std::chrono_literals;

/// A write of a job: the end of its selection, or outcomes of commands.
enum class job_write { selected, outcomes };

/// A store that keeps what a process would leave that dies after the selection of a job, or before
/// the write of outcomes: after the commands.
class dying_store final : public persistence::testing::wrapped_store {
 public:
  using images = std::vector<std::pair<job_write, std::shared_ptr<persistence::memory_store>>>;

  dying_store(std::shared_ptr<persistence::memory_store> kept, std::shared_ptr<images> into)
      : wrapped_store(kept), kept_(std::move(kept)), into_(std::move(into)) {}

  result<std::shared_ptr<const persistence::view>> write(
      std::span<const persistence::batch* const> batches) override {
    bool has_outcomes = false;
    bool is_selected = false;
    for (const auto* batch : batches)
      for (const auto& each : batch->operations()) {
        has_outcomes = has_outcomes || records_outcomes(each);
        is_selected = is_selected || ends_selection(each);
      }
    if (has_outcomes) keep(job_write::outcomes);
    auto written = wrapped_store::write(batches);
    if (is_selected) keep(job_write::selected);
    return written;
  }

 private:
  using operation = persistence::batch::operation;

  void keep(job_write last) { into_->emplace_back(last, kept_->after_process_death()); }

  static bool is_put_of(const operation& each, persistence::keys::job_part part) {
    return each.kind == persistence::batch::operation_kind::put &&
           each.where == persistence::column::indexes &&
           persistence::keys::job_part_of(each.key) == part;
  }
  static bool records_outcomes(const operation& each) {
    if (!is_put_of(each, persistence::keys::job_part::page)) return false;
    const auto page = persistence::decode_job_page(each.value);
    return std::any_of(page->begin(), page->end(),
                       [](const auto& run) { return run.outcome != job_outcome::waiting; });
  }
  static bool ends_selection(const operation& each) {
    if (!is_put_of(each, persistence::keys::job_part::progress)) return false;
    const auto progress = persistence::decode_job_progress(each.value);
    return progress->state == job_state::running && progress->position == 0;
  }

  const std::shared_ptr<persistence::memory_store> kept_;
  const std::shared_ptr<images> into_;
};

/// An engine on the records of a memory store, with the images that it leaves.
inline engine engine_on(std::shared_ptr<persistence::memory_store> kept,
                        std::shared_ptr<dying_store::images> images,
                        settings s = quiet_settings()) {
  engine_components components;
  components.log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
  components.open_store = [kept, images]() -> result<std::unique_ptr<persistence::store>> {
    return std::unique_ptr<persistence::store>{std::make_unique<dying_store>(kept, images)};
  };
  return engine_access::make(std::move(s), std::move(components));
}

template <class Condition>
void until(Condition holds) {
  for (int looks = 0; looks < 3'000; ++looks) {
    if (holds()) return;
    std::this_thread::sleep_for(10ms);
  }
  FAIL("the condition did not come true");
}

/// A flow whose runs wait for the signal `go`.
inline json waiting_flow(const std::string& name) {
  return single(name, "signal", {{"name", "go"}});
}
/// A flow whose runs fail at once, also when they are retried.
inline json failing_flow(const std::string& name) {
  return flow_named(
      name, {node("begin", "start"), node("no", "fail", {{"error", "refused"}, {"message", "no"}})},
      {edge("begin", "no")});
}

/// Starts runs with the ids PREFIX0, PREFIX1, … and waits until they have a status.
inline std::vector<run_id> start_runs(const engine& e, const std::string& flow,
                                      const std::string& prefix, int count) {
  std::vector<start_request> requests;
  for (int i = 0; i < count; ++i) {
    start_request one{flow, json::object(), {}};
    one.options.id = run_id{prefix + std::to_string(i)};
    requests.push_back(std::move(one));
  }
  std::vector<run_id> ids;
  for (const auto& started : e.runs().start_many(std::move(requests))) {
    REQUIRE(started);
    ids.push_back(started->id);
  }
  return ids;
}

inline void until_count(const engine& e, const std::string& filter, std::uint64_t count) {
  run_filter wanted;
  wanted.where = filter;
  until([&] { return e.runs().count(wanted)->count == count; });
}

inline job_request request_of(job_command command, const std::string& filter) {
  job_request what;
  what.command = command;
  what.filter = filter;
  return what;
}

/// Starts a job and waits until it has ended.
inline job_view run_job(const engine& e, const job_request& what) {
  const auto started = e.jobs().start(what);
  REQUIRE(started);
  const auto ended = e.jobs().wait(started->id, 60s);
  REQUIRE(ended);
  return *ended;
}

/// All results of a job, read in pages.
inline std::vector<job_result> results_of(const engine& e, const job_id& id,
                                          job_results_options how = {}) {
  std::vector<job_result> all;
  do {
    const auto page = e.jobs().results(id, how);
    REQUIRE(page);
    all.insert(all.end(), page->results.begin(), page->results.end());
    how.first = page->next;
  } while (how.first != 0);
  return all;
}

}  // namespace pawl::testing
