#include "actors/log_keeper.hpp"

#include <chrono>
#include <iterator>
#include <map>
#include <utility>

#include <spdlog/spdlog.h>

#include "persistence/keys.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {
namespace {

constexpr std::size_t max_group_bytes = std::size_t{256} << 10;

/// Lines of runs that are not stored yet: how much may wait, how long, and how often they are
/// tried.
constexpr std::size_t max_early_bytes = std::size_t{1} << 20;
constexpr std::chrono::seconds line_patience{2};
constexpr std::chrono::milliseconds line_retry_time{50};

/// Time between two reports of lost lines.
constexpr std::chrono::seconds report_interval{10};

}  // namespace

log_keeper::log_keeper(caf::actor_config& config, engine_context_ptr context, caf::actor persister)
    : actor_base(config),
      context_(std::move(context)),
      persister_(std::move(persister)),
      queue_(context_->log_lines),
      reported_(queue_.lost()) {}

caf::behavior log_keeper::make_behavior() {
  queue_.set_reader([self = self()] { post(self, write_log_lines{}); });
  return {
      [this](const write_log_lines&) { write_next(); },
      [this](flush_log_lines& wanted) {
        flushes_.push_back({queue_.added(), std::move(wanted.answer)});
        write_next();
      },
      [this](hold_log& wanted) { hold(wanted); },
      [this](const release_log& released) { release(released); },
      [this](const retry_log_lines&) {
        retrying_ = false;
        write_next();
      },
      [this](const committed&) { end_group(); },
      [this](const commit_failed&) {
        queue_.count_lost(sent_lines_);
        end_group();
      },
      [this](const shutdown_run&) {
        stopping_ = true;
        write_next();
      },
  };
}

/// Breaks the reference cycle: the queue holds this actor.
void log_keeper::on_exit() {
  queue_.close();
}

void log_keeper::write_next() {
  if (committing_) return;  // the head of a log must be durable before the next chunk
  auto lines = std::exchange(early_, {});
  early_bytes_ = 0;
  for (auto& each : queue_.take(max_group_bytes)) lines.push_back({std::move(each)});
  // A flush ends with the first group that begins after it and has its lines, however many are
  // added meanwhile. The groups before it may have had lines of runs that were not stored then.
  const std::uint64_t taken = queue_.taken();
  std::erase_if(flushes_, [&](flush& each) {
    if (each.lines > taken) return false;
    answered_.push_back(std::move(each.answer));
    return true;
  });
  send_lines(std::move(lines));
  if (!committing_) end_group();
}

void log_keeper::send_lines(std::vector<waiting_line> lines) {
  sent_lines_ = 0;
  if (lines.empty()) return;
  const auto now = context_->store->durable_view();
  std::map<run_key, std::vector<run_log_line>> by_run;
  std::map<run_key, log_place> places;
  for (auto& each : lines) {
    const run_key& run = each.what.run;
    const auto [known, is_new] = places.try_emplace(run);
    log_place& to = known->second;
    if (is_new) to.is_writable = !held_.contains(run) && is_stored(*now, run);
    if (!to.is_writable) {
      keep_early(std::move(each));
    } else if (is_of_earlier_run(*now, each.what, to)) {
      queue_.count_lost(1);
    } else {
      by_run[run].push_back(std::move(each.what.line));
    }
  }
  persistence::run_log_writer writer{
      *now, {context_->settings.run.max_log_lines, context_->settings.run.max_log_bytes}};
  for (const auto& [run, of_run] : by_run) {
    const auto damaged = writer.append(run, of_run);
    if (!damaged) {
      queue_.count_lost(of_run.size());
      context_->log->warn("cannot write the log of run {}: {}", run.id.str(),
                          damaged.error().message);
      continue;
    }
    sent_lines_ += of_run.size();
    if (*damaged > 0)
      context_->log->warn("damaged records in the log of run {} were dropped: {}", run.id.str(),
                          *damaged);
  }
  if (writer.writes().empty()) return;
  committing_ = true;
  send(persister_, commit{std::make_shared<const persistence::batch>(writer.take_writes())});
}

void log_keeper::keep_early(waiting_line line) {
  const auto now = system().clock().now();
  if (!line.until) line.until = now + line_patience;
  const std::size_t size = line.what.size();
  if (now >= *line.until || early_bytes_ + size > max_early_bytes) return queue_.count_lost(1);
  early_bytes_ += size;
  early_.push_back(std::move(line));
}

/// The first batch of a deletion erases the record, or hides the run with all of its family.
bool log_keeper::is_stored(const persistence::view& now, const run_key& run) {
  const auto record = now.get(persistence::column::runs, persistence::keys::run(run));
  return record && *record;
}

/// A function that ignores its stop can outlive its run, and log into a new one of the same id.
bool log_keeper::is_of_earlier_run(const persistence::view& now, const log_queue::entry& line,
                                   log_place& to) {
  if (!line.run_created) return false;
  if (!to.created) {
    const auto record = persistence::load_record(now, line.run);
    if (record && *record) to.created = (*record)->summary.created_at;
  }
  return to.created && *to.created != *line.run_created;
}

void log_keeper::end_group() {
  committing_ = false;
  for (const auto& answer : std::exchange(answered_, {})) answer({});
  report_lost();
  if (!queue_.empty() || !flushes_.empty()) return send_self(write_log_lines{});
  if (stopping_) {
    queue_.count_lost(early_.size());
    return quit();
  }
  if (!early_.empty()) retry_later();
}

// Why a deletion misses no record of a log: from here until the release no group has lines of the
// run. The one under way may, so the answer comes when it has ended, durable or refused. The
// cleaner takes the view whose records it erases after that, and releases the run when they are
// gone: then the run is not stored, and its lines are not written either. Without the hold, a group
// that was sent before the deletion began could become durable after that view was taken.
void log_keeper::hold(hold_log& wanted) {
  held_.insert(std::move(wanted.run));
  if (!committing_) return wanted.answer({});
  answered_.push_back(std::move(wanted.answer));
}

void log_keeper::release(const release_log& released) {
  held_.erase(released.run);
  if (!released.removed) return;
  // A new run may get the same id.
  std::erase_if(early_, [&](const waiting_line& each) {
    if (each.what.run != released.run) return false;
    early_bytes_ -= each.what.size();
    queue_.count_lost(1);
    return true;
  });
}

void log_keeper::retry_later() {
  if (std::exchange(retrying_, true)) return;
  send_self_after(line_retry_time, retry_log_lines{});
}

void log_keeper::report_lost() {
  const std::uint64_t lost = queue_.lost();
  const auto now = system().clock().now();
  if (lost == reported_ || (now < next_report_ && !stopping_)) return;
  context_->log->warn(
      "log lines of runs were lost: {}. They could not be written, came faster than the store "
      "takes them, or name a run that does not exist",
      lost - reported_);
  reported_ = lost;
  next_report_ = now + report_interval;
}

}  // namespace pawl::actors
