#include "actors/cleaner.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/log_messages.hpp"
#include "actors/run_files.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {
namespace {

/// Runs that are deleted at the same time. Together their batches are one write of the persister,
/// of at most 4,096 operations.
constexpr std::size_t max_begun = 16;

/// A run that has just ended is in use for some milliseconds: its actor ends.
constexpr std::uint32_t max_tries = 8;
constexpr std::chrono::milliseconds first_wait{2};

/// Runs whose history waits to be pruned.
constexpr std::size_t max_grown = 100'000;

/// A page of a sweep. Commands come between two pages.
constexpr persistence::due_runs::limits sweep_limits{64, 2'000};

run_removed removed_by(const persistence::run_removal& removal, const run_id& root) {
  return {root, removal.family().size(), removal.records(), removal.bytes()};
}

/// Counts what a deletion would delete, without writing it.
result<run_removed> count_removal(const std::shared_ptr<const persistence::view>& now,
                                  const run_key& root) {
  auto family = persistence::load_family(*now, root);
  if (!family) return std::move(family).error();
  persistence::run_removal removal{now, *std::move(family)};
  while (true) {
    const auto writes = removal.next();
    if (!writes) return writes.error();
    if (!*writes) return removed_by(removal, root.id);
  }
}

/// Counts what became of a run in the page of a cleanup.
void count(cleanup_page& in, run_status status, const result<run_removed>& how) {
  if (!how) {
    const bool is_kept = how.error().type == persistence::kept_error;
    const bool is_damaged = how.error().code == errc::corrupt;
    ++(is_kept ? in.kept : is_damaged ? in.damaged : in.in_use);
    return;
  }
  ++(status == run_status::completed ? in.completed
     : status == run_status::failed  ? in.failed
                                     : in.cancelled);
  in.runs += how->runs;
  in.records += how->records;
  in.bytes += how->bytes;
}

/// A page of a cleanup in progress. Its jobs hold it; the last one answers.
struct page_in_progress {
  cleanup_page page;
  std::size_t left = 0;
  reply<cleanup_page> answer;
};

}  // namespace

cleaner::cleaner(caf::actor_config& config, engine_context_ptr context, caf::actor persister,
                 caf::actor log_keeper)
    : actor_base(config),
      context_(std::move(context)),
      persister_(std::move(persister)),
      log_keeper_(std::move(log_keeper)) {}

caf::behavior cleaner::make_behavior() {
  schedule_sweep();
  if (context_->files) send_self(sweep_files{});
  return {
      [this](const set_shards& m) { shards_ = m.all; },
      [this](const remove_run& r) { add(r.key, place::first, r.answer); },
      [this](const keep_run& k) { keep(k); },
      [this](const clean_up& c) { clean(c); },
      [this](const run_held& h) { on_held(h); },
      [this](const log_held& h) { on_log_held(h); },
      [this](const retry_removal& r) { hold_runs(r.job); },
      [this](const sweep_due&) { sweep(); },
      [this](const sweep_files&) { continue_file_sweep(); },
      [this](const history_grown& g) { add_grown(g); },
      [this](const prune_next&) { prune(); },
      [this](const committed&) { on_commit(nullptr); },
      [this](const commit_failed& failed) { on_commit(failed.reason.get()); },
      // Deletions that have begun are completed when the engine is opened again.
      [this](const shutdown_run&) { quit(); },
  };
}

/// The callers of open requests are answered `unavailable`.
void cleaner::on_exit() {
  jobs_.clear();
  after_commits_.clear();
  shards_.clear();
}

void cleaner::add(run_key root, place where, callback<run_removed> done) {
  const job_id id = ++last_job_;
  jobs_.emplace(id, job{removal_job{std::move(root)}, std::move(done)});
  waiting_.insert(where == place::first ? waiting_.begin() : waiting_.end(), id);
  begin_jobs();
}

void cleaner::begin_jobs() {
  if (std::exchange(beginning_, true)) return;  // a job has ended as it began
  while (begun_ < max_begun && !waiting_.empty()) {
    const job_id id = waiting_.front();
    waiting_.pop_front();
    ++begun_;
    hold_runs(id);
  }
  beginning_ = false;
}

void cleaner::hold_runs(job_id id) {
  job& of = jobs_.at(id);
  if (of.steps.held().empty())
    if (auto good = of.steps.begin(*context_->store->durable_view()); !good)
      return end(id, std::move(good).error());
  for (const auto& key : of.steps.take_to_hold()) {
    const auto answer =
        reply_by_message<hold_answer>(self(), [id, key](const result<hold_answer>& how) {
          return run_held{id, key, how && how->held};
        });
    send(shard_of(shards_, key), hold_run{key, answer});
  }
}

void cleaner::on_held(const run_held& answer) {
  if (!jobs_.contains(answer.job)) return;
  if (!answer.held) return advance(answer.job, answer.key, false);
  const auto of_log =
      reply_by_message<void>(self(), [job = answer.job, key = answer.key](const result<void>& how) {
        return log_held{job, key, how.has_value()};
      });
  send(log_keeper_, hold_log{answer.key, of_log});
}

void cleaner::on_log_held(const log_held& answer) {
  if (!jobs_.contains(answer.job)) return;
  // A mark that is being written is not in the store yet, and neither is what pruning writes. The
  // log is not held if its keeper has ended: the engine stops.
  const bool held = answer.held && !marking_.contains(answer.key) && answer.key != pruned_now_;
  if (!held) release_one(answer.key, false);
  advance(answer.job, answer.key, held);
}

void cleaner::advance(job_id id, const run_key& key, bool held) {
  removal_job& steps = jobs_.at(id).steps;
  switch (steps.on_held(key, held, context_->store->durable_view())) {
    case removal_job::next::hold:
      return hold_runs(id);
    case removal_job::next::wait:
      return;
    case removal_job::next::write:
      return write_next(id);
    case removal_job::next::in_use:
      return try_again(id);
    case removal_job::next::refuse:
      return end(id, steps.refusal());
  }
}

void cleaner::write_next(job_id id) {
  removal_job& steps = jobs_.at(id).steps;
  auto writes = steps.take_batch();
  if (!writes) return end(id, std::move(writes).error());
  if (!*writes) return end(id, removed_by(steps.removal(), steps.root().id));
  for (const auto& blob : steps.take_released()) keep_blob(blob);
  commit_then(**std::move(writes), [this, id](const error* failure) {
    if (failure != nullptr) return end(id, *failure);
    write_next(id);
  });
}

void cleaner::try_again(job_id id) {
  job& of = jobs_.at(id);
  if (++of.tries == max_tries) {
    return end(id, error{errc::conflict, "cannot delete run " + of.steps.root().id.str() +
                                             ": other commands use it; try again"});
  }
  release_runs(of, false);
  of.steps = removal_job{of.steps.root()};
  send_self_after(first_wait * (1u << of.tries), retry_removal{id});
}

void cleaner::end(job_id id, result<run_removed> how) {
  const auto ended = jobs_.extract(id);
  const job& of = ended.mapped();
  if (how) {
    const auto now = context_->store->durable_view();
    for (const auto& key : of.steps.held()) {
      context_->suspects.remove(key);
      context_->events.publish_deletion(
          {key,
           {0, context_->clock->now(), std::string{run_deleted_kind}, {}, 0, 0, json::object()}});
      if (context_->files) context_->files->remove(key, *now);
    }
  }
  release_runs(of, how.has_value());
  --begun_;
  of.done(std::move(how));
  begin_jobs();
}

void cleaner::release_runs(const job& of, bool removed) {
  for (const auto& key : of.steps.held()) release_one(key, removed);
}

void cleaner::release_one(const run_key& key, bool removed) {
  // The log before the run: a new run with its id then begins a log of its own.
  send(log_keeper_, release_log{key, removed});
  send(shard_of(shards_, key), release_run{key});
}

void cleaner::keep(const keep_run& request) {
  const auto& [key, keep, answer] = request;
  const auto is_held = [&key = key](const auto& each) {
    return each.second.steps.held().contains(key);
  };
  if (std::any_of(jobs_.begin(), jobs_.end(), is_held))
    return answer(error{errc::conflict, "run " + key.id.str() + " is being deleted"});
  const auto record = persistence::load_record(*context_->store->durable_view(), key);
  if (!record) return answer(record.error());
  if (!*record) return answer(persistence::no_such_run(key.id));
  persistence::batch writes;
  const std::string mark = persistence::keys::kept_run(key);
  if (keep) {
    writes.put(persistence::column::indexes, mark, {});
  } else {
    writes.erase(persistence::column::indexes, mark);
  }
  ++marking_[key];
  commit_then(std::move(writes), [this, key = key, answer = answer](const error* failure) {
    if (--marking_[key] == 0) marking_.erase(key);
    answer(failure != nullptr ? result<void>{*failure} : result<void>{});
  });
}

void cleaner::commit_then(persistence::batch writes, commit_continuation then) {
  after_commits_.push_back(std::move(then));
  send(persister_, commit{std::make_shared<const persistence::batch>(std::move(writes))});
}

void cleaner::on_commit(const error* failure) {
  const auto then = std::move(after_commits_.front());
  after_commits_.pop_front();
  then(failure);
}

void cleaner::add_grown(const history_grown& grown) {
  // A run that finds no place here is pruned when its state is stored the next time.
  if (grown_.size() >= max_grown && !grown_.contains(grown.key)) return;
  grown_.insert_or_assign(grown.key, grown.keep);
  if (!std::exchange(pruning_, true)) send_self(prune_next{});
}

void cleaner::prune() {
  pruning_ = !grown_.empty() && context_->admitted.is_open();
  if (!pruning_) return;
  const run_key key = grown_.begin()->first;
  const std::uint64_t keep = grown_.begin()->second;
  auto part = part_to_prune(key, keep);
  if (!part)
    context_->log->warn("cannot prune the history of run {}: {}", key.id.str(),
                        part.error().message);
  if (!part || !*part) {
    grown_.erase(key);
    return send_self(prune_next{});
  }
  if (!(*part)->more) grown_.erase(key);
  pruned_now_ = key;
  for (auto& blob : (*part)->blobs) keep_blob({key.scope, std::move(blob)});
  commit_then(std::move((*part)->writes), [this](const error*) {
    pruned_now_.reset();
    send_self(prune_next{});
  });
}

/// A run that holds a blob no more may have given it to another, which is about to be stored.
void cleaner::keep_blob(const persistence::blob_key& blob) {
  static_cast<void>(context_->blobs.touch(blob, context_->clock->now()));
}

result<std::optional<persistence::pruned_part>> cleaner::part_to_prune(const run_key& key,
                                                                       std::uint64_t keep) const {
  const auto is_held = [&key](const auto& each) { return each.second.steps.held().contains(key); };
  const bool is_marked = marking_.contains(key);
  if (is_marked || std::any_of(jobs_.begin(), jobs_.end(), is_held))
    return std::optional<persistence::pruned_part>{};
  // A view from after the end of a deletion has no records of the deleted run.
  const auto now = context_->store->durable_view();
  const auto kept = persistence::is_kept(*now, key);
  if (!kept) return kept.error();
  if (*kept) return std::optional<persistence::pruned_part>{};
  return persistence::prune_history(*now, key, keep);
}

void cleaner::clean(const clean_up& request) {
  const auto now = context_->store->durable_view();
  const auto due = persistence::due_runs::find(*now, request.rule, request.after, request.limits);
  if (!due) return request.answer(due.error());
  const auto progress = std::make_shared<page_in_progress>();
  progress->page.next = due->next;
  progress->page.damaged = due->damaged;
  progress->answer = request.answer;
  progress->left = due->runs.size() + 1;
  const auto count_one = [progress](run_status status, const result<run_removed>& how) {
    count(progress->page, status, how);
    if (--progress->left == 0) progress->answer(std::move(progress->page));
  };
  for (const auto& run : due->runs) {
    if (request.dry_run) {
      count_one(run.status, count_removal(now, run.key));
    } else {
      add(run.key, place::last, [count_one, status = run.status](const result<run_removed>& how) {
        count_one(status, how);
      });
    }
  }
  if (--progress->left == 0) progress->answer(std::move(progress->page));
}

void cleaner::schedule_sweep() {
  const retention_settings& kept = context_->settings.retention;
  if (persistence::due_runs::rule_of(kept, {}).any())
    send_self_after(kept.interval_ms, sweep_due{});
}

void cleaner::sweep() {
  const auto rule =
      persistence::due_runs::rule_of(context_->settings.retention, context_->clock->now());
  // The answer comes on this actor's thread.
  clean({rule, sweep_limits, false, sweep_from_,
         reply<cleanup_page>{[this](const result<cleanup_page>& page) { end_sweep(page); }}});
}

void cleaner::continue_file_sweep() {
  if (!context_->admitted.is_open()) return;
  if (context_->files->sweep(*context_->store->durable_view())) send_self(sweep_files{});
}

void cleaner::end_sweep(const result<cleanup_page>& last) {
  if (!context_->admitted.is_open()) return;
  if (last) {
    swept_.runs += last->runs;
    swept_.records += last->records;
    swept_.damaged += last->damaged;
    sweep_from_ = last->next;
    if (!sweep_from_.empty()) return send_self(sweep_due{});
  } else {
    context_->log->error("cannot delete old runs: {}", last.error().message);
    sweep_from_.clear();
  }
  if (swept_.runs > 0)
    context_->log->info("old runs deleted: {}, with {} records", swept_.runs, swept_.records);
  if (swept_.damaged > 0)
    context_->log->warn("old runs with damaged records are not deleted: {}", swept_.damaged);
  swept_ = {};
  if (context_->files) send_self(sweep_files{});
  schedule_sweep();
}

}  // namespace pawl::actors
