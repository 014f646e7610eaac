#include "actors/job_work.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <utility>

#include "persistence/not_found.hpp"
#include "persistence/run_index.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {
namespace {

using persistence::runs_per_job_page;

/// Candidates that one turn of a selection looks at: some milliseconds.
constexpr std::size_t max_candidates_per_turn = 1'000;

/// How far the wall clock may be set back between two steps of a job without it being noticed.
constexpr std::chrono::minutes clock_tolerance{1};

/// Runs that get the command at the same time. Slow jobs are written about four times a second.
std::size_t slice_size(const job_request& what) noexcept {
  if (what.rate == 0) return max_job_commands;
  return std::clamp<std::size_t>(what.rate / 4, 1, max_job_commands);
}

bool names_status(const persistence::run_query& query) {
  return std::any_of(query.terms.begin(), query.terms.end(),
                     [](const auto& term) { return term.field == persistence::run_field::status; });
}

/// Whether an error says that the command does not suit the run, not that something is broken.
bool suits_not_the_run(errc code) noexcept {
  switch (code) {
    case errc::not_found:
    case errc::already_exists:
    case errc::illegal_transition:
    case errc::conflict:
    case errc::invalid_argument:
    case errc::limit_exceeded:
      return true;
    default:
      return false;
  }
}

/// The id of the signal that a job sends. The time tells jobs from each other that had one id.
std::string signal_id_of(const persistence::job_record& job) {
  return "job:" + job.key.id.str() + ":" + std::to_string(to_unix_us(job.started.created_at));
}

/// The command of a job; nothing for a deletion. `if_status`: refuse it if the run has another.
std::optional<flow::command> command_of(const persistence::job_record& job,
                                        std::optional<run_status> if_status) {
  const job_request& what = job.started.request;
  switch (what.command) {
    case job_command::pause:
      return flow::pause_command{if_status, reason_of(job)};
    case job_command::resume:
      return flow::resume_command{if_status, reason_of(job)};
    case job_command::retry:
      return flow::retry_command{if_status, reason_of(job)};
    case job_command::cancel:
      return flow::cancel_command{if_status, reason_of(job)};
    case job_command::terminate:
      return flow::terminate_command{if_status, reason_of(job)};
    case job_command::signal:
      return flow::signal_command{what.signal, what.payload, signal_id_of(job)};
    case job_command::remove:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::string reason_of(const persistence::job_record& job) {
  const std::string by = "job " + job.key.id.str();
  const std::string& given = job.started.request.reason;
  return given.empty() ? by : given + " (" + by + ")";
}

result<std::unique_ptr<job_selection>> job_selection::make(
    std::shared_ptr<const persistence::view> now, const persistence::job_record& job) {
  const auto query = persistence::parse_run_query(
      job.started.request.filter, job.started.created_at, persistence::max_job_filter_bytes);
  if (!query) return query.error();
  auto finder = persistence::run_finder::make(*now, job.key.scope, *query, run_order::oldest);
  if (!finder) return std::move(finder).error();
  return std::unique_ptr<job_selection>{new job_selection{std::move(now), *std::move(finder)}};
}

result<bool> job_selection::read(persistence::job_record& job, persistence::batch& to) {
  for (std::size_t i = 0; i < max_candidates_per_turn; ++i) {
    auto step = finder_.next();
    if (!step) return std::move(step).error();
    if (step->at_end) {
      if (!page_.empty()) store(job, to);
      return true;
    }
    if (step->damage) ++job.progress.counts.damaged;
    if (!step->run) continue;
    page_.push_back({std::move(step->run->key.id)});
    if (page_.size() == runs_per_job_page) store(job, to);
  }
  return false;
}

void job_selection::store(persistence::job_record& job, persistence::batch& to) {
  persistence::store_page(to, job.key, pages_++, page_);
  job.progress.counts.matched += page_.size();
  page_.clear();
}

result<job_slice> job_slice::make(std::shared_ptr<const persistence::view> now,
                                  const persistence::job_record& job, bool repeated) {
  job_slice made{std::move(now), job, repeated};
  auto query = persistence::parse_run_query(job.started.request.filter, job.started.created_at,
                                            persistence::max_job_filter_bytes);
  if (!query) return std::move(query).error();
  made.query_ = *std::move(query);
  made.page_number_ = job.progress.position / runs_per_job_page;
  auto page = persistence::load_page(*made.now_, job.key, made.page_number_);
  if (!page) return std::move(page).error();
  made.page_ = *std::move(page);
  made.begin_ = job.progress.position % runs_per_job_page;
  if (made.begin_ >= made.page_.size())
    return error{errc::corrupt, "job " + job.key.id.str() + " has a page with too few runs"};
  made.end_ = std::min(made.begin_ + slice_size(job.started.request), made.page_.size());
  return made;
}

run_key job_slice::run_at(std::size_t place) const {
  return {job_->key.scope, page_[place].run};
}

result<std::optional<job_slice::order>> job_slice::order_for(std::size_t place) {
  const std::optional<order> none;
  if (page_[place].outcome != job_outcome::waiting) return none;
  const run_key run = run_at(place);
  if (repeated_) {
    const auto taken = has_taken(run);
    if (!taken) return taken.error();
    if (*taken) {
      note(place, job_outcome::done);
      return none;
    }
  }
  auto listed = persistence::load_listed(*now_, run);
  if (!listed && listed.error().code != errc::corrupt) return std::move(listed).error();
  if (!listed) {
    note(place, job_outcome::failed, listed.error().message);
    return none;
  }
  if (!*listed) {
    on_answer(place, persistence::no_such_run(run.id));
    return none;
  }
  run_summary summary = std::move((*listed)->record.summary);
  if (is_finished(summary.status)) summary.waits.clear();
  if (!persistence::fits(summary, query_)) {
    note(place, job_outcome::refused,
         "run " + run.id.str() + " no longer fits the filter: it is " +
             std::string{to_string(summary.status)});
    return none;
  }
  const auto if_status = names_status(query_) ? std::optional{summary.status} : std::nullopt;
  return std::optional{order{command_of(*job_, if_status)}};
}

result<bool> job_slice::has_taken(const run_key& run) const {
  const job_command command = job_->started.request.command;
  // A signal is known by its id, and a run that was deleted is gone.
  if (command == job_command::signal || command == job_command::remove) return false;
  const std::string reason = reason_of(*job_);
  const auto since =
      std::max(job_->started.created_at, job_->progress.updated_at - clock_tolerance);
  bool found = false;
  constexpr auto last = std::numeric_limits<std::uint64_t>::max();
  const auto visited = persistence::visit_history_back(
      *now_, run, last, [&](const persistence::stored_checkpoint& checkpoint, std::size_t) {
        if (checkpoint.at < since) return persistence::view::next::stop;
        found = std::any_of(
            checkpoint.events.begin(), checkpoint.events.end(), [&](const flow::event& event) {
              const auto given = event.detail.find("reason");
              return event.detail.is_object() && given != event.detail.end() && *given == reason;
            });
        return found ? persistence::view::next::stop : persistence::view::next::more;
      });
  const bool is_unreadable = !visited && (visited.error().code == errc::corrupt ||
                                          visited.error().code == errc::not_supported);
  if (!visited && !is_unreadable) return visited.error();
  return found;  // the run itself reports that it is damaged, or that its key is dropped
}

void job_slice::on_answer(std::size_t place, const std::optional<error>& refusal) {
  const bool is_removal = job_->started.request.command == job_command::remove;
  if (!refusal || (is_removal && refusal->code == errc::not_found))
    return note(place, job_outcome::done);
  if (refusal->code == errc::unavailable) {
    state_ = state::unavailable;
  } else if (refusal->code == errc::overloaded) {
    if (state_ == state::complete) state_ = state::overloaded;
  } else {
    note(place, suits_not_the_run(refusal->code) ? job_outcome::refused : job_outcome::failed,
         refusal->message);
  }
}

void job_slice::note(std::size_t place, job_outcome outcome, std::string message) {
  page_[place].outcome = outcome;
  page_[place].message = std::move(message);
}

void job_slice::record(persistence::job_record& job, persistence::batch& to) const {
  persistence::store_page(to, job.key, page_number_, page_);
  if (state_ != state::complete) return;
  job_counts& counts = job.progress.counts;
  for (std::size_t place = begin_; place < end_; ++place) {
    const job_outcome outcome = page_[place].outcome;
    ++(outcome == job_outcome::done      ? counts.done
       : outcome == job_outcome::refused ? counts.refused
                                         : counts.failed);
  }
  job.progress.position += end_ - begin_;
}

}  // namespace pawl::actors
