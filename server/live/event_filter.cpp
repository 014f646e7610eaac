#include "server/live/event_filter.hpp"

#include <algorithm>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "actors/event_hub.hpp"
#include "flow/machine/history.hpp"

namespace pawl::server {
namespace {

using persistence::run_field;

/// Kinds of events that are not stored.
constexpr std::string_view unstored_kinds[] = {"step_log", "step_progress",
                                               actors::run_deleted_kind, flow::damaged_kind};

bool is_kind(std::string_view name) {
  return flow::parse_event_kind(name) ||
         std::find(std::begin(unstored_kinds), std::end(unstored_kinds), name) !=
             std::end(unstored_kinds);
}

error unknown_event_kind(const std::string& name) {
  std::string message = "unknown kind of events " + pawl::quoted(name);
  if (const auto near = flow::nearest_event_kind(name); !near.empty())
    message += ". Did you mean \"" + std::string{near} + "\"?";
  return {errc::invalid_argument, std::move(message)};
}

bool says_event(run_field field) noexcept {
  return field == run_field::id || field == run_field::status;
}

bool never_changes(run_field field) noexcept {
  return field == run_field::flow || field == run_field::version || field == run_field::parent ||
         field == run_field::started;
}

}  // namespace

std::optional<run_status> status_after(std::string_view kind) noexcept {
  if (kind == "run_created" || kind == "run_resumed" || kind == "run_retried" ||
      kind == "answered" || kind == "compensating")
    return run_status::running;
  if (kind == "run_paused") return run_status::paused;
  if (kind == "run_completed") return run_status::completed;
  if (kind == "run_failed") return run_status::failed;
  if (kind == "run_cancelled") return run_status::cancelled;
  return std::nullopt;
}

result<event_filter> event_filter::parse(std::string_view conditions,
                                         std::vector<std::string> kinds, time_point now) {
  for (const auto& each : kinds)
    if (!is_kind(each)) return unknown_event_kind(each);
  auto query = persistence::parse_run_query(conditions, now);
  if (!query) return std::move(query).error();
  event_filter made;
  made.kinds_ = std::move(kinds);
  for (auto& term : query->terms) {
    if (!says_event(term.field) && !never_changes(term.field)) {
      return error{errc::invalid_argument,
                   "events can be filtered by id, status, flow, version, parent and started only: "
                   "the other fields of a run change while it goes on"};
    }
    auto& part = says_event(term.field) ? made.on_event_ : made.on_run_;
    part.terms.push_back(std::move(term));
  }
  return made;
}

bool event_filter::selects_all() const noexcept {
  return kinds_.empty() && on_event_.terms.empty() && on_run_.terms.empty();
}

bool event_filter::fits_event(const run_id& run, std::string_view kind) const {
  if (!kinds_.empty() && std::find(kinds_.begin(), kinds_.end(), kind) == kinds_.end())
    return false;
  if (on_event_.terms.empty()) return true;
  run_summary said;
  said.key.id = run;
  const auto status = status_after(kind);
  if (status) said.status = *status;
  return std::all_of(on_event_.terms.begin(), on_event_.terms.end(), [&](const auto& term) {
    return (term.field != run_field::status || status) && persistence::fits(said, term);
  });
}

bool event_filter::fits_run(const run_summary& run) const {
  return persistence::fits(run, on_run_);
}

}  // namespace pawl::server
