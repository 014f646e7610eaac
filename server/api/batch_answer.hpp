#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/api/call.hpp"

namespace pawl::server {

/// Items of one request.
inline constexpr std::size_t max_batch = 1000;

/// Collects the outcomes of a batch, each in its place, and answers when the last has come. Each
/// item stands for itself. Outcomes may come from several threads at once.
class batch_answer {
 public:
  /// `what` names the command in the audit log.
  batch_answer(call_ptr request, std::string_view what, std::size_t count)
      : request_(std::move(request)), what_(what), results_(count), missing_(count) {}

  /// Of a command to the run `id`, or a start; noted in the audit log.
  template <class T>
  void put(std::size_t place, const std::string& id, const result<T>& outcome) {
    json item{{"id", outcome ? id_of(*outcome) : id}};
    request_->note(what_, item["id"].template get<std::string>(),
                   outcome ? nullptr : &outcome.error());
    if (outcome) item["run"] = shown(*outcome);
    finish(place, std::move(item), outcome ? nullptr : &outcome.error());
  }

  /// Of what a worker did: that is in the history of the run, not in the audit log.
  void put(std::size_t place, const std::string& id, const result<void>& outcome) {
    finish(place, json{{"id", id}}, outcome ? nullptr : &outcome.error());
  }

 private:
  static std::string id_of(const run_started& run) { return run.id.str(); }
  static std::string id_of(const run_changed& change) { return change.run.key.id.str(); }
  static json shown(const run_started& run) { return to_json(run); }
  static json shown(const run_changed& change) { return to_json(change.run); }

  void finish(std::size_t place, json item, const error* failure) {
    item["ok"] = failure == nullptr;
    if (failure != nullptr) item["problem"] = to_json(problem_of(*failure));
    results_[place] = std::move(item);
    if (missing_.fetch_sub(1) == 1) request_->answer(200, {{"results", std::move(results_)}});
  }

  const call_ptr request_;
  const std::string_view what_;
  std::vector<json> results_;
  std::atomic<std::size_t> missing_;
};

}  // namespace pawl::server
