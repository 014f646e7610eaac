#include "cli/target/remote_follower.hpp"

#include <algorithm>
#include <utility>

#include "cli/target/values.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;

/// How long nothing may happen before a picture is drawn again.
constexpr auto redraw_every = 50ms;
/// Streams that are open together: a server has room for few, and others want some too.
constexpr std::size_t most_streams = 16;
constexpr auto first_pause = 250ms;
constexpr auto longest_pause = 5'000ms;
/// A server that is started anew is back by then.
constexpr auto patience = 60s;

bool is_worth_trying_again(const error& failure) noexcept {
  return failure.code == errc::unavailable || failure.code == errc::timed_out ||
         failure.code == errc::overloaded ||
         failure.code == errc::cancelled;  // by a signal, which is looked at next
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
  added.look = run.checkpoint > 0;
  // Behind everything of that checkpoint: its events became durable together.
  if (run.checkpoint > 0) added.last_id = std::to_string(run.checkpoint) + ".999999999";
  runs_.emplace(name, std::move(added));
  waiting_.push_back(name);
}

std::optional<follow_end> remote_follower::asked_to_stop() const {
  if (session_.stop_signals().requested()) return follow_end::interrupted;
  if (deadline_ && steady::now() >= *deadline_) return follow_end::timed_out;
  if (session_.out().closed()) return follow_end::output_closed;
  return std::nullopt;
}

void remote_follower::open_more() {
  const auto now = steady::now();
  for (std::size_t left = waiting_.size(); left > 0 && streams_.count() < most_streams; --left) {
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

void remote_follower::take_event(state& of, const stream_event& event) {
  of.pause = 0ms;
  of.troubled_since.reset();
  if (event.kind == "end" || event.kind == "dropped") return;  // the stream's end follows
  const auto data = json::parse(event.data, nullptr, false);
  auto what = read_history_event(data);
  if (!what) return finish(of.id, what.error());
  if (what->checkpoint != 0) {
    if (!event.id.empty()) of.last_id = event.id;
    if (what->checkpoint <= of.checkpoint) return;
    of.look |=
        what->kind == "signal_awaited" || what->kind == "interrupted" || what->kind == "run_paused";
  }
  shown_.on_event({{default_scope(), of.id}, *std::move(what)});
}

void remote_follower::take_end(state& of, std::optional<error> failure) {
  const run_id id = of.id;
  const auto now = steady::now();
  if (!failure) {
    auto run = from_.get(id);
    if (run && is_finished(run->summary.status)) return finish(id, std::move(run));
    if (!run) failure = run.error();
  }
  if (failure && !is_worth_trying_again(*failure)) return finish(id, *failure);
  if (!failure) {
    of.troubled_since.reset();
  } else if (!of.troubled_since) {
    of.troubled_since = now;
    if (failure->code != errc::cancelled)
      shown_.note("the connection to the server broke off; trying again");
  } else if (now - *of.troubled_since > patience) {
    return finish(id, *failure);
  }
  of.pause = of.pause == 0ms ? first_pause
                             : std::min<std::chrono::milliseconds>(of.pause * 2, longest_pause);
  of.retry_at = now + of.pause;
  waiting_.push_back(id.str());
}

void remote_follower::finish(const run_id& id, result<run_view> run) {
  streams_.close(id.str());
  runs_.erase(id.str());
  if (run && is_finished(run->summary.status)) shown_.on_end(run->summary);
  if (run && how_.several) run->data = json::object();  // nobody would look at all of it
  result_.runs.emplace(id, std::move(run));
}

void remote_follower::take_arrivals() {
  while (const auto arrived = streams_.next()) {
    const auto found = runs_.find(arrived->name);
    if (found == runs_.end()) continue;
    if (arrived->event) {
      take_event(found->second, *arrived->event);
      shown_.tick();
    } else {
      take_end(found->second, arrived->failure);
    }
  }
}

/// Takes the runs in which nothing happens any more until somebody sends a signal or a command.
void remote_follower::take_parked() {
  if (how_.to_the_end) return;
  std::vector<run_id> looked_at;
  for (auto& [name, each] : runs_)
    if (std::exchange(each.look, false)) looked_at.push_back(each.id);
  for (const auto& id : looked_at) {
    auto run = from_.get(id);
    if (run && run->parked && !is_finished(run->summary.status)) finish(id, std::move(run));
  }
}

follow_result remote_follower::follow() {
  while (!runs_.empty()) {
    if (const auto why = asked_to_stop()) {
      result_.how = *why;
      break;
    }
    open_more();
    streams_.poll(redraw_every);
    take_arrivals();
    take_parked();
    shown_.tick();
    session_.out().flush();
  }
  shown_.finish();
  return std::move(result_);
}

}  // namespace pawl::cli
