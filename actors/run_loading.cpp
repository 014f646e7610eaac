#include <utility>

#include <spdlog/spdlog.h>

#include "actors/run.hpp"

namespace pawl::actors {

void run_actor::add_read(std::function<bool()> begin) {
  reads_.push_back(std::move(begin));
  if (reads_.size() == 1) begin_read();
}

void run_actor::begin_read() {
  while (!reads_.empty() && !reads_.front()()) reads_.pop_front();
}

void run_actor::on_answered(const load_answered& answered) {
  // Still in the list: what it asks for comes after the other reads, and before other messages.
  answered.then();
  reads_.pop_front();
  begin_read();
}

void run_actor::on_loaded(result<std::optional<stored_run>> found) {
  loaded_ = true;
  life_.on_loaded();
  if (!found) {
    load_failure_ = std::move(found).error();
    return context_->log->error("cannot load the run: {}", load_failure_->message);
  }
  if (!*found) return;
  loading_ = context_->loads.take(key_);
  family_ = std::move((*found)->family);
  put_in_memory(std::move((*found)->run));
  // A crashed actor may not have reported these tasks to the dispatcher.
  if (persistence::task_changes open{{}, flow::open_tasks(*run_)}; !open.empty())
    send(dispatcher_, tasks_changed{key_, std::move(open)});
}

bool run_actor::take_parked() {
  auto kept = context_->parked.take(key_);
  if (!kept) return false;
  loaded_ = true;
  life_.on_loaded();
  put_in_memory(*std::move(kept));
  return true;
}

void run_actor::put_in_memory(run_in_memory run) {
  flow_ = std::move(run.flow);
  recorder_ = std::move(run.recorder);
  run_ = std::move(run.state);
}

/// Called before the report that this actor is idle: after it the directory may spawn the next one.
void run_actor::park() {
  const bool waits =
      run_ && (run_->status == run_status::running || run_->status == run_status::paused);
  if (!waits || life_.is_stopping() || !flow::is_parked(*run_)) return;
  context_->parked.put({*std::exchange(run_, std::nullopt), std::exchange(flow_, nullptr),
                        std::exchange(recorder_, persistence::run_recorder{key_})});
  loaded_ = false;
}

}  // namespace pawl::actors
