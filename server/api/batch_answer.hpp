#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/tasks.hpp"
#include "server/api/call.hpp"

namespace pawl::server {

/// Maximum number of items in a batch.
inline constexpr std::size_t max_batch = 1000;

/// Collects the outcomes of a batch in order and answers after the last one. Items are independent:
/// one may fail while others succeed. Outcomes may arrive on several threads.
class batch_answer {
 public:
  /// Receives all results.
  using receiver = std::function<void(std::vector<json> results)>;

  /// `what`: the command's name in the audit log. `done`: called in place of the answer, if given.
  batch_answer(call_ptr request, std::string_view what, std::size_t count, receiver done = {})
      : request_(std::move(request)),
        what_(what),
        done_(std::move(done)),
        results_(count),
        pending_(count) {}

  /// Sets the outcome of a command to the run `id`, or of a start. Recorded in the audit log.
  template <class T>
  void set(std::size_t index, const std::string& id, const result<T>& outcome) {
    json item{{"id", outcome ? id_of(*outcome) : id}};
    request_->audit(what_, item["id"].template get<std::string>(),
                    outcome ? nullptr : &outcome.error());
    request_->concern(item["id"].template get<std::string>());
    if (outcome) item["run"] = run_of(*outcome);
    finish(index, std::move(item), outcome ? nullptr : &outcome.error());
  }

  /// Sets the outcome of a worker's call about a task. Recorded in the history of the run, not in
  /// the audit log.
  void set(std::size_t index, const std::string& task, const result<void>& outcome) {
    request_->concern(std::string{run_of_task(task)});
    finish(index, json{{"id", task}}, outcome ? nullptr : &outcome.error());
  }

 private:
  static std::string id_of(const run_started& run) { return run.id.str(); }
  static std::string id_of(const run_changed& change) { return change.run.key.id.str(); }
  static json run_of(const run_started& run) { return to_json(run); }
  static json run_of(const run_changed& change) { return to_json(change.run); }

  void finish(std::size_t index, json item, const error* failure) {
    item["ok"] = failure == nullptr;
    if (failure != nullptr) item["problem"] = to_json(problem_of(*failure));
    results_[index] = std::move(item);
    if (pending_.fetch_sub(1) > 1) return;
    if (done_) return done_(std::move(results_));
    request_->answer(200, {{"results", std::move(results_)}});
  }

  const call_ptr request_;
  const std::string_view what_;
  const receiver done_;
  std::vector<json> results_;
  std::atomic<std::size_t> pending_;
};

}  // namespace pawl::server
