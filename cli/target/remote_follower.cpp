#include "cli/target/remote_follower.hpp"

#include <algorithm>
#include <utility>

#include "cli/target/decode.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;

/// Maximum number of open streams; a server limits them for all clients.
constexpr std::size_t max_streams = 16;
constexpr auto min_backoff = 250ms;
constexpr auto max_backoff = 5'000ms;
/// Maximum time to reconnect; covers a restart of the server.
constexpr auto reconnect_limit = 60s;

bool is_transient(const error& failure) noexcept {
  return can_pass(failure) || failure.code == errc::cancelled;  // by a signal: for the caller
}

}  // namespace

remote_follower::remote_follower(session& s, const server_access& access, target& from,
                                 watcher& shown, const follow_options& how)
    : session_(s), from_(from), shown_(shown), how_(how), streams_(access) {
  if (how.timeout) deadline_ = steady::now() + *how.timeout;
}

void remote_follower::add(followed_run run) {
  shown_.follow(run);
  const std::string name = run.id.str();
  state added;
  added.id = run.id;
  added.checkpoint = run.checkpoint;
  if (how_.several) added.check = parked_check{max_backoff};
  if (run.checkpoint > 0) added.check.request(steady::now());
  // Skip all events of that checkpoint: they became durable together.
  if (run.checkpoint > 0) added.last_id = std::to_string(run.checkpoint) + ".999999999";
  runs_.emplace(name, std::move(added));
  waiting_.push_back(name);
}

std::optional<follow_end> remote_follower::stop_reason() const {
  if (session_.stop_signals().requested()) return follow_end::interrupted;
  if (deadline_ && steady::now() >= *deadline_) return follow_end::timed_out;
  if (session_.out().closed()) return follow_end::output_closed;
  return std::nullopt;
}

void remote_follower::open_streams() {
  const auto now = steady::now();
  for (std::size_t left = waiting_.size(); left > 0 && streams_.count() < max_streams; --left) {
    std::string name = std::move(waiting_.front());
    waiting_.pop_front();
    const auto found = runs_.find(name);
    if (found == runs_.end()) continue;
    if (found->second.retry_at > now) {
      waiting_.push_back(std::move(name));
      continue;
    }
    streams_.open(name, "/v1/runs/" + percent_encoded(name) + "/events", found->second.last_id);
  }
}

void remote_follower::handle_event(state& of, const stream_event& event) {
  of.backoff = 0ms;
  of.failing_since.reset();
  if (event.kind == "end" || event.kind == "dropped") return;  // the end of the stream follows
  const auto data = json::parse(event.data, nullptr, false);
  auto what = read_history_event(data);
  if (!what) return finish(of.id, what.error());
  if (what->checkpoint != 0) {
    if (!event.id.empty()) of.last_id = event.id;
    if (what->checkpoint <= of.checkpoint) return;
    if (changes_waits(what->kind)) of.check.request(steady::now());
  }
  shown_.on_event({{default_scope(), of.id}, *std::move(what)});
}

void remote_follower::handle_end(state& of, std::optional<error> failure) {
  const run_id id = of.id;
  const auto now = steady::now();
  if (!failure) {
    auto run = from_.get(id);
    if (run && is_finished(run->summary.status)) return finish(id, std::move(run));
    if (!run) failure = run.error();
  }
  if (failure && !is_transient(*failure)) return finish(id, *failure);
  if (!failure) {
    of.failing_since.reset();
  } else if (!of.failing_since) {
    of.failing_since = now;
    if (failure->code != errc::cancelled)
      shown_.note("lost the connection to the server; reconnecting");
  } else if (now - *of.failing_since > reconnect_limit) {
    return finish(id, *failure);
  }
  of.backoff = of.backoff == 0ms ? min_backoff
                                 : std::min<std::chrono::milliseconds>(of.backoff * 2, max_backoff);
  of.retry_at = now + of.backoff;
  waiting_.push_back(id.str());
}

void remote_follower::finish(const run_id& id, result<run_view> run) {
  streams_.close(id.str());
  runs_.erase(id.str());
  if (run && is_finished(run->summary.status)) shown_.on_end(run->summary);
  if (run && how_.several) drop_values(*run);
  result_.runs.emplace(id, std::move(run));
}

void remote_follower::handle_updates() {
  while (const auto update = streams_.next()) {
    const auto found = runs_.find(update->name);
    // The first id is where the stream was asked to begin.
    if (found == runs_.end() || !update->first_id.empty()) continue;
    if (update->event) {
      handle_event(found->second, *update->event);
      shown_.tick();
    } else {
      handle_end(found->second, update->failure);
    }
  }
}

/// Finishes following the runs that are parked: they wait for a signal, an answer or a command.
/// Shows what the others wait for.
void remote_follower::collect_parked() {
  for (auto next = runs_.begin(); next != runs_.end();) {
    state& each = (next++)->second;
    const auto now = steady::now();
    if (!each.check.is_due(now)) continue;
    each.check.begin(now);
    auto run = from_.get(each.id);
    if (!run || is_finished(run->summary.status)) continue;
    shown_.on_view(*run);
    each.check.found(*run, now);
    if (!how_.several)
      result_.last =
          read_family(*run, [this](const run_id& subflow) { return from_.get(subflow); });
    if (how_.until_finished) continue;
    if (run->parked || (how_.until_question && has_question(result_.last)))
      finish(run_id{each.id}, std::move(run));
  }
}

follow_result remote_follower::follow() {
  while (!runs_.empty()) {
    if (const auto why = stop_reason()) {
      result_.how = *why;
      break;
    }
    open_streams();
    streams_.poll(tick_interval);
    handle_updates();
    collect_parked();
    shown_.tick();
    session_.out().flush();
  }
  shown_.finish();
  return std::move(result_);
}

}  // namespace pawl::cli
