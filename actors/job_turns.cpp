// The turns of jobs: selections, commands, ends and deletions.

#include <algorithm>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/jobs.hpp"
#include "actors/removal_messages.hpp"

namespace pawl::actors {
namespace {

/// Pages of a job that one batch erases.
constexpr std::size_t max_erased_pages = 256;
/// The time before commands that found the engine too busy are sent again.
constexpr std::chrono::milliseconds busy_rest{50};

std::optional<error> refusal_in(const result<command_done>& answer) {
  return answer ? std::nullopt : std::optional{answer.error()};
}

}  // namespace

void jobs::select(job_at_work& at) {
  if (!at.selection) {
    auto made = job_selection::make(now(), at.job);
    if (!made) return end(at, job_state::failed, {}, made.error().message);
    at.selection = *std::move(made);
  }
  persistence::batch writes;
  const auto complete = at.selection->read(at.job, writes);
  if (!complete) return end(at, job_state::failed, {}, complete.error().message);
  if (*complete) {
    at.selection.reset();
    at.repeated = false;
    at.job.progress.state = job_state::running;
    if (at.job.started.request.dry_run || at.job.progress.counts.matched == 0)
      return end(at, job_state::finished, std::move(writes));
  } else if (writes.empty()) {
    // Other messages come first.
    at.resting = true;
    send_self(job_rested{at.job.key});
    return end_turn(at.job.key);
  }
  at.job.progress.updated_at = context_->clock->now();
  persistence::store_progress(writes, at.job);
  commit_then(std::move(writes), [this, key = at.job.key](const error* failure) {
    if (failure != nullptr) {
      forget(key);
    } else {
      publish_progress(jobs_.at(key).job);
    }
    end_turn(key);
  });
}

void jobs::send_commands(job_at_work& at) {
  auto made = job_slice::make(now(), at.job, std::exchange(at.repeated, false));
  if (!made) return end(at, job_state::failed, {}, made.error().message);
  at.slice.emplace(*std::move(made));
  at.awaited = 1;  // until all are sent
  std::int64_t sent = 0;
  for (std::size_t place = at.slice->begin(); place < at.slice->end(); ++place) {
    const auto was_sent = send_command(at, place);
    if (!was_sent) {
      // The store cannot be read. What was sent is answered to a job that has ended.
      return end(at, job_state::failed, {}, was_sent.error().message);
    }
    sent += *was_sent ? 1 : 0;
  }
  const std::int64_t rate = at.job.started.request.rate;
  if (rate > 0 && sent > 0) {
    at.resting = true;
    send_self_after(std::chrono::microseconds{1'000'000 * sent / rate}, job_rested{at.job.key});
  }
  if (--at.awaited == 0) record_slice(at);
}

/// Returns whether there was a command to send.
result<bool> jobs::send_command(job_at_work& at, std::size_t place) {
  auto order = at.slice->order_for(place);
  if (!order) return std::move(order).error();
  if (!*order) return false;
  const run_key run = at.slice->run_at(place);
  ++at.awaited;
  if ((*order)->command) {
    const auto answer = reply_by_message<command_done>(
        self(), [key = at.job.key, place](const result<command_done>& how) {
          return job_run_answered{key, place, refusal_in(how)};
        });
    auto command = std::make_shared<flow::command>(*std::move((*order)->command));
    run_command sent{run, std::move(command), answer};
    sent.by = at.job.started.request.by;
    send(shard_of(shards_, run), std::move(sent));
  } else {
    const auto answer = reply_by_message<run_removed>(
        self(), [key = at.job.key, place](const result<run_removed>& how) {
          return job_run_answered{key, place, how ? std::nullopt : std::optional{how.error()}};
        });
    send(cleaner_, remove_run{run, answer});
  }
  return true;
}

void jobs::on_answer(const job_run_answered& answer) {
  const auto found = jobs_.find(answer.key);
  if (found == jobs_.end() || !found->second.slice) return;
  found->second.slice->on_answer(answer.place, answer.refusal);
  if (--found->second.awaited == 0) record_slice(found->second);
}

void jobs::record_slice(job_at_work& at) {
  const job_slice slice = *std::exchange(at.slice, std::nullopt);
  const job_counts before = at.job.progress.counts;
  persistence::batch writes;
  slice.record(at.job, writes);
  const job_counts& counts = at.job.progress.counts;
  context_->metrics.job_runs_done += counts.done - before.done;
  context_->metrics.job_runs_refused += counts.refused - before.refused;
  context_->metrics.job_runs_failed += counts.failed - before.failed;
  const bool complete = slice.now() == job_slice::state::complete;
  if (complete && at.job.progress.position == at.job.progress.counts.matched)
    return end(at, job_state::finished, std::move(writes));
  at.job.progress.updated_at = context_->clock->now();
  if (complete) persistence::store_progress(writes, at.job);
  if (slice.now() == job_slice::state::overloaded && !at.resting) {
    at.resting = true;
    send_self_after(busy_rest, job_rested{at.job.key});
  }
  const bool can_go_on = slice.now() != job_slice::state::unavailable;
  commit_then(std::move(writes), [this, key = at.job.key, can_go_on](const error* failure) {
    if (failure == nullptr) publish_progress(jobs_.at(key).job);
    if (failure != nullptr || !can_go_on) forget(key);
    end_turn(key);
  });
}

void jobs::erase(job_at_work& at) {
  persistence::batch writes;
  const auto complete = persistence::erase_job(writes, *now(), at.job.key, max_erased_pages);
  if (!complete) {
    context_->log->error("cannot delete job {}: {}", at.job.key.id.str(), complete.error().message);
    at.resting = true;  // until the engine is opened again
    return end_turn(at.job.key);
  }
  commit_then(std::move(writes),
              [this, key = at.job.key, complete = *complete](const error* failure) {
                if (failure != nullptr || complete) forget(key);
                end_turn(key);
              });
}

void jobs::end(job_at_work& at, job_state how, persistence::batch writes, std::string why) {
  at.selection.reset();
  at.job.progress.state = how;
  at.job.progress.error = std::move(why);
  at.job.progress.updated_at = context_->clock->now();
  at.job.progress.ended_at = at.job.progress.updated_at;
  persistence::store_progress(writes, at.job);
  commit_then(std::move(writes), [this, key = at.job.key](const error* failure) {
    auto ended = jobs_.extract(key);
    --context_->metrics.jobs_unfinished;
    if (failure == nullptr) report_end(ended.mapped());
    end_turn(key);
    if (failure == nullptr) prune(key.scope);
  });
}

/// Logs the end of a job and answers those who wait for it.
void jobs::report_end(job_at_work& at) {
  const job_key& key = at.job.key;
  const job_view ended = persistence::view_of(at.job);
  publish_progress(at.job);
  context_->log->log(ended.state == job_state::failed ? spdlog::level::err : spdlog::level::info,
                     "job {} of scope {} {}: {} runs matched, {} done, {} refused, {} failed{}{}",
                     key.id.str(), key.scope.str(), to_string(ended.state), ended.counts.matched,
                     ended.counts.done, ended.counts.refused, ended.counts.failed,
                     ended.error.empty() ? "" : ": ", ended.error);
  for (const auto& answer : at.aborting) {
    if (ended.state == job_state::aborted) {
      answer(ended);
    } else {
      answer(error{errc::illegal_transition, "cannot abort job " + key.id.str() + ": it is " +
                                                 std::string{to_string(ended.state)}});
    }
  }
  for (auto& waiter : at.waiters) waiter.second.answer(ended);
}

void jobs::publish_progress(const persistence::job_record& job) const {
  if (!context_->events.has_subscribers()) return;
  const job_counts& counts = job.progress.counts;
  live_event event;
  event.run = jobs_of(job.key.scope);
  event.what.at = job.progress.updated_at;
  event.what.kind = "job_progress";
  event.what.detail = {{"job", job.key.id.str()},   {"state", to_string(job.progress.state)},
                       {"matched", counts.matched}, {"done", counts.done},
                       {"refused", counts.refused}, {"failed", counts.failed}};
  context_->events.publish_job(event);
}

void jobs::prune(const scope_name& in) {
  if (stopping_) return;
  auto listed = persistence::load_jobs(*now(), in);
  if (!listed) {
    return context_->log->error("cannot list the jobs of scope {}: {}", in.str(),
                                listed.error().message);
  }
  auto& all = listed->jobs;
  std::erase_if(all, [this](const persistence::job_record& job) {
    return job.progress.is_unfinished() || jobs_.contains(job.key);
  });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::pair{b.progress.ended_at, a.key.id} < std::pair{a.progress.ended_at, b.key.id};
  });
  const std::size_t kept = context_->settings.retention.max_jobs;
  for (std::size_t i = kept; i < all.size(); ++i) begin_removal(std::move(all[i]), {});
}

}  // namespace pawl::actors
