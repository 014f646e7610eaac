#include "runtime/queries/job_queries.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

#include "actors/engine_context.hpp"
#include "runtime/core.hpp"
#include "runtime/queries/cursor.hpp"
#include "runtime/queries/read_budget.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {
namespace {

/// Maximum number of runs that one page of results compares.
constexpr std::size_t max_compared_results = 10'000;

result<persistence::job_record> load_shown_job(const persistence::view& from, const job_key& key) {
  auto job = persistence::load_job(from, key);
  if (!job) return std::move(job).error();
  if (!*job || (*job)->progress.removing) return persistence::no_such_job(key.id);
  return **std::move(job);
}

/// The bytes of the texts of a job, which have no small bounds.
std::size_t shown_bytes(const job_view& job) {
  return job.request.filter.size() + job.request.reason.size() + job.request.signal.size() +
         job.error.size();
}

/// Where a job is in the list of its scope, as a cursor names it: "TIME ID".
std::string place_in_list(const persistence::job_record& job) {
  return std::to_string(to_unix_us(job.started.created_at)) + " " + job.key.id.str();
}

/// The first job after the place that a cursor names; the job there may be deleted meanwhile.
result<std::size_t> first_after(const std::vector<persistence::job_record>& all,
                                const std::string& cursor) {
  if (cursor.empty()) return std::size_t{0};
  const auto place = key_in_cursor(cursor);
  if (!place) return place.error();
  std::int64_t us = 0;
  const auto read = std::from_chars(place->data(), place->data() + place->size(), us);
  const auto id = static_cast<std::size_t>(read.ptr - place->data()) + 1;
  if (read.ec != std::errc{} || id >= place->size()) return invalid_cursor();
  const std::pair last{-us, place->substr(id)};
  const auto next = std::find_if(all.begin(), all.end(), [&](const auto& job) {
    return last < std::pair{-to_unix_us(job.started.created_at), job.key.id.str()};
  });
  return static_cast<std::size_t>(next - all.begin());
}

}  // namespace

result<job_view> get_job(const engine_core& core, const job_key& key) {
  const auto open = begin_reading(core);
  if (!open) return open.error();
  const auto job = load_shown_job(*open->now, key);
  if (!job) return job.error();
  return persistence::view_of(*job);
}

result<job_page> list_jobs(const engine_core& core, const scope_name& in,
                           const job_list_options& options) {
  if (auto good = check_limit(options.limit); !good) return std::move(good).error();
  const auto open = begin_reading(core);
  if (!open) return open.error();
  auto listed = persistence::load_jobs(*open->now, in);
  if (!listed) return std::move(listed).error();
  const auto& all = listed->jobs;
  const auto first = first_after(all, options.cursor);
  if (!first) return first.error();
  const std::size_t most = std::min(all.size(), *first + options.limit);
  job_page page;
  std::size_t end = *first;
  for (std::size_t bytes = 0; end < most && bytes < max_page_bytes; ++end) {
    page.jobs.push_back(persistence::view_of(all[end]));
    bytes += shown_bytes(page.jobs.back());
  }
  if (end < all.size()) page.next = make_cursor(place_in_list(all[end - 1]));
  if (options.cursor.empty()) page.damaged = std::move(listed->damaged);
  return page;
}

/// Goes on after the stored page of the next result.
void job_results_query::pass_damaged(std::uint64_t matched, const error& why) {
  constexpr std::uint64_t size = persistence::runs_per_job_page;
  const std::uint64_t end = std::min(matched, (place_ / size + 1) * size);
  found_.damaged.push_back("results " + std::to_string(place_) + " to " + std::to_string(end - 1) +
                           " of job " + key_.id.str() + ": " + why.message);
  compared_ += static_cast<std::size_t>(end - place_);
  place_ = end;
}

result<bool> job_results_query::read(read_budget& turn) {
  if (auto good = check_limit(options_.limit); !good) return std::move(good).error();
  const auto open = begin_reading(*core_);
  if (!open) return open.error();
  const auto job = load_shown_job(*open->now, key_);
  if (!job) return job.error();
  const std::uint64_t matched = job->progress.counts.matched;
  while (!turn.is_spent()) {
    const bool is_full =
        found_.results.size() == options_.limit || compared_ >= max_compared_results;
    if (place_ >= matched || is_full) {
      found_.next = place_ >= matched ? 0 : place_;
      return true;
    }
    const auto page =
        persistence::load_page(*open->now, key_, place_ / persistence::runs_per_job_page);
    if (!page && page.error().code == errc::corrupt) {
      pass_damaged(matched, page.error());
      turn.spend(0, persistence::runs_per_job_page);
      continue;
    }
    if (!page) return page.error();
    std::size_t bytes = 0;
    for (auto at = place_ % persistence::runs_per_job_page;
         at < page->size() && found_.results.size() < options_.limit; ++at) {
      const job_result& each = (*page)[at];
      bytes += each.run.str().size() + each.message.size();
      ++place_;
      ++compared_;
      if (!options_.outcome || *options_.outcome == each.outcome) found_.results.push_back(each);
    }
    turn.spend(bytes, persistence::runs_per_job_page);
    if (page->empty())
      return error{errc::corrupt, "job " + key_.id.str() + " has an empty page of runs"};
  }
  return false;
}

}  // namespace pawl
