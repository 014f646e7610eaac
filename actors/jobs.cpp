#include "actors/jobs.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

namespace pawl::actors {
namespace {

/// Jobs that have their turn at the same time.
constexpr std::size_t max_turns = 2;
/// How long a stop waits for commands that are under way. The actor of a run that has crashed may
/// answer much later.
constexpr std::chrono::milliseconds stop_patience{2'000};
/// Whether a repeated start asks for the same; who asks does not matter.
bool is_same(const job_request& a, job_request b) {
  b.by = a.by;
  return a == b;
}

error in_removal(const job_id& id) {
  return {errc::conflict, "job " + id.str() + " is being deleted; try again"};
}

}  // namespace

jobs::jobs(caf::actor_config& config, engine_context_ptr context, caf::actor persister,
           caf::actor cleaner)
    : actor_base(config),
      context_(std::move(context)),
      persister_(std::move(persister)),
      cleaner_(std::move(cleaner)) {
  context_->metrics.jobs_unfinished = 0;
}

caf::behavior jobs::make_behavior() {
  return {
      [this](const set_shards& m) {
        shards_ = m.all;
        resume_all();
      },
      [this](const start_job& r) { start(r); },
      [this](const abort_job& r) { abort(r); },
      [this](const remove_job& r) { remove(r); },
      [this](const wait_job& r) { wait(r); },
      [this](const job_wait_over& over) { end_wait(over); },
      [this](const job_rested& r) {
        const auto found = jobs_.find(r.key);
        if (found == jobs_.end()) return;
        found->second.resting = false;
        enqueue(found->second);
      },
      [this](const job_run_answered& a) { on_answer(a); },
      [this](const committed&) { on_commit(nullptr); },
      [this](const commit_failed& failed) { on_commit(failed.reason.get()); },
      [this](const shutdown_run&) {
        stopping_ = true;
        if (in_turn_ > 0) send_self_after(stop_patience, jobs_overdue{});
        stop_if_done();
      },
      // What is not recorded is found in the histories of the runs.
      [this](const jobs_overdue&) { quit(); },
  };
}

/// Open requests are answered `unavailable`.
void jobs::on_exit() {
  jobs_.clear();
  after_commits_.clear();
  shards_.clear();
}

std::shared_ptr<const persistence::view> jobs::now() const {
  return context_->store->durable_view();
}

void jobs::resume_all() {
  if (context_->settings.engine.recovery_batch == 0) return;
  const auto keys = persistence::load_unfinished_jobs(*now());
  if (!keys) return context_->log->error("cannot list unfinished jobs: {}", keys.error().message);
  for (const auto& key : *keys) {
    if (const auto found = find(key); !found) {
      context_->log->error("cannot resume job {} of scope {}: {}", key.id.str(), key.scope.str(),
                           found.error().message);
    } else if (*found != nullptr) {
      context_->log->info("job {} of scope {} resumed", key.id.str(), key.scope.str());
      enqueue(**found);
    }
  }
}

result<jobs::job_at_work*> jobs::find(const job_key& key) {
  if (const auto found = jobs_.find(key); found != jobs_.end()) return &found->second;
  auto loaded = persistence::load_job(*now(), key);
  if (!loaded) return std::move(loaded).error();
  if (!*loaded || !(*loaded)->progress.is_unfinished()) return static_cast<job_at_work*>(nullptr);
  // A selection that was not complete begins anew: no command was sent.
  if ((*loaded)->progress.state == job_state::selecting) (*loaded)->progress.counts = {};
  job_at_work& at = add(**std::move(loaded));
  at.repeated = true;
  return &at;
}

jobs::job_at_work& jobs::add(persistence::job_record job) {
  const job_key key = job.key;
  ++context_->metrics.jobs_unfinished;
  return jobs_.emplace(key, job_at_work{std::move(job)}).first->second;
}

void jobs::forget(const job_key& key) {
  if (jobs_.erase(key) > 0) --context_->metrics.jobs_unfinished;
}

void jobs::start(const start_job& request) {
  const auto& [key, what, answer] = request;
  const auto existing = [&, &key = key,
                         &what = what](const persistence::job_record& job) -> result<job_started> {
    if (job.progress.removing) return in_removal(key.id);
    if (is_same(job.started.request, what)) return job_started{key.id, false};
    return error{errc::already_exists,
                 "job " + key.id.str() + " exists, with another request: use another id"};
  };
  if (const auto found = find(key); !found) {
    return answer(found.error());
  } else if (*found != nullptr) {
    enqueue(**found);
    const auto same = existing((*found)->job);
    if (!same || (*found)->stored) return answer(same);
    return (*found)->starters.push_back(answer);
  }
  const auto ended = persistence::load_job(*now(), key);
  if (!ended) return answer(ended.error());
  if (*ended) return answer(existing(**ended));
  const auto open = std::count_if(jobs_.begin(), jobs_.end(), [&key = key](const auto& each) {
    return each.first.scope == key.scope && !each.second.job.progress.removing;
  });
  if (static_cast<std::size_t>(open) >= max_unfinished) {
    return answer(error{errc::overloaded, std::to_string(max_unfinished) +
                                              " jobs of this scope have not ended, the maximum; "
                                              "wait for one, or abort one"});
  }
  persistence::job_record job{key, {what, context_->clock->now()}, {}};
  job.progress.updated_at = job.started.created_at;
  persistence::batch writes;
  persistence::create_job(writes, job);
  job_at_work& at = add(std::move(job));
  at.stored = false;
  at.in_turn = true;
  at.starters.push_back(answer);
  ++in_turn_;
  commit_then(std::move(writes), [this, key = key](const error* failure) {
    job_at_work& created = jobs_.at(key);
    const auto starters = std::exchange(created.starters, {});
    created.stored = true;
    for (std::size_t i = 0; i < starters.size(); ++i) {
      if (failure != nullptr) {
        starters[i](*failure);
      } else {
        starters[i](job_started{key.id, i == 0});
      }
    }
    if (failure != nullptr) {
      forget(key);
    } else {
      context_->log->info("job {} of scope {} started: {}", key.id.str(), key.scope.str(),
                          to_string(created.job.started.request.command));
      publish_progress(created.job);
    }
    end_turn(key);
  });
}

void jobs::abort(const abort_job& request) {
  const auto found = find(request.key);
  if (!found) return request.answer(found.error());
  if (*found != nullptr && !(*found)->job.progress.removing) {
    (*found)->aborting.push_back(request.answer);
    return enqueue(**found);
  }
  const auto ended = persistence::load_job(*now(), request.key);
  if (!ended) return request.answer(ended.error());
  if (!*ended || (*ended)->progress.removing)
    return request.answer(persistence::no_such_job(request.key.id));
  request.answer(
      error{errc::illegal_transition, "cannot abort job " + request.key.id.str() + ": it is " +
                                          std::string{to_string((*ended)->progress.state)}});
}

void jobs::remove(const remove_job& request) {
  auto job = persistence::load_job(*now(), request.key);
  if (!job) return request.answer(std::move(job).error());
  const auto at = jobs_.find(request.key);
  const bool is_at_work = at != jobs_.end();
  if (!*job || (*job)->progress.removing || (is_at_work && at->second.job.progress.removing))
    return request.answer(persistence::no_such_job(request.key.id));
  // Its end is durable, and the message that says so is on its way here.
  if (is_at_work && !(*job)->progress.is_unfinished())
    return send_self_after(std::chrono::milliseconds{1}, remove_job{request});
  if (is_at_work || (*job)->progress.is_unfinished()) {
    return request.answer(
        error{errc::illegal_transition, "cannot delete job " + request.key.id.str() + ": it is " +
                                            std::string{to_string((*job)->progress.state)} +
                                            ". Abort it, or wait until it has ended"});
  }
  begin_removal(**std::move(job), request.answer);
}

void jobs::begin_removal(persistence::job_record job, reply<void> answer) {
  const job_key key = job.key;
  job.progress.removing = true;
  persistence::batch writes;
  persistence::store_progress(writes, job);
  job_at_work& at = add(std::move(job));
  at.in_turn = true;
  ++in_turn_;
  commit_then(std::move(writes), [this, key, answer](const error* failure) {
    answer(failure != nullptr ? result<void>{*failure} : result<void>{});
    if (failure != nullptr) {
      forget(key);
    } else {
      publish_progress(jobs_.at(key).job);
    }
    end_turn(key);
  });
}

void jobs::wait(const wait_job& request) {
  const auto found = find(request.key);
  if (!found) return request.answer(found.error());
  if (*found == nullptr || (*found)->job.progress.removing) {
    const auto ended = persistence::load_job(*now(), request.key);
    if (!ended) return request.answer(ended.error());
    if (!*ended || (*ended)->progress.removing)
      return request.answer(persistence::no_such_job(request.key.id));
    return request.answer(persistence::view_of(**ended));
  }
  enqueue(**found);
  const std::uint64_t id = ++last_wait_;
  waiting_caller& caller = (*found)->waiters[id];
  caller.answer = request.answer;
  send_self_after(std::min(request.timeout, max_duration),
                  job_wait_over{request.key, id, errc::timed_out});
  if (!request.withdrawn.stop_possible()) return;
  caller.withdrawal.emplace(request.withdrawn, [to = self(), key = request.key, id] {
    post(to, job_wait_over{key, id, errc::cancelled});
  });
}

void jobs::end_wait(const job_wait_over& over) {
  const auto found = jobs_.find(over.key);
  if (found == jobs_.end()) return;
  const auto waiter = found->second.waiters.extract(over.wait);
  if (waiter.empty()) return;
  waiter.mapped().answer(
      error{over.why, over.why == errc::cancelled
                          ? "the wait was withdrawn; the job continues"
                          : "job " + over.key.id.str() + " has not ended in time; it continues"});
}

/// Gives a job its turn when it comes, unless it rests or has one: then after that.
void jobs::enqueue(job_at_work& at) {
  const bool may_go = !at.resting || !at.aborting.empty();
  if (at.queued || at.in_turn || !may_go) return;
  at.queued = true;
  turns_.push_back(at.job.key);
  next_turns();
}

void jobs::next_turns() {
  while (!stopping_ && in_turn_ < max_turns && !turns_.empty()) {
    const job_key key = std::move(turns_.front());
    turns_.pop_front();
    job_at_work& at = jobs_.at(key);
    at.queued = false;
    at.in_turn = true;
    ++in_turn_;
    take_turn(at);
  }
}

void jobs::take_turn(job_at_work& at) {
  if (at.job.progress.removing) return erase(at);
  if (!at.aborting.empty()) return end(at, job_state::aborted);
  if (at.job.progress.state == job_state::selecting) return select(at);
  send_commands(at);
}

void jobs::end_turn(const job_key& key) {
  --in_turn_;
  if (const auto found = jobs_.find(key); found != jobs_.end()) {
    found->second.in_turn = false;
    enqueue(found->second);
  }
  next_turns();
  stop_if_done();
}

void jobs::stop_if_done() {
  if (stopping_ && in_turn_ == 0) quit();
}

void jobs::commit_then(persistence::batch writes, commit_continuation then) {
  after_commits_.push_back(std::move(then));
  send(persister_, commit{std::make_shared<const persistence::batch>(std::move(writes))});
}

void jobs::on_commit(const error* failure) {
  const auto then = std::move(after_commits_.front());
  after_commits_.pop_front();
  then(failure);
}

}  // namespace pawl::actors
