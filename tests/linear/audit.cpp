#include "tests/linear/audit.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

namespace pawl::linear {
namespace {

/// The event of a successful command; empty for `get`.
std::string event_of(verb what) {
  switch (what) {
    case verb::start:
      return "run_created";
    case verb::signal:
      return "signal_received";
    case verb::pause:
      return "run_pausing";
    case verb::resume:
      return "run_resumed";
    case verb::cancel:
      return "run_cancelled";
    case verb::retry:
      return "run_retried";
    case verb::get:
      break;
  }
  return "";
}

bool is_done(const call& c) {
  return c.known && c.answer.error.empty();
}

std::string times(std::size_t count) {
  return std::to_string(count) + " times";
}

class auditor {
 public:
  explicit auditor(const run_history& run) : run_(run) {
    for (const auto& c : run_.calls) by_number_[c.number] = &c;
  }

  std::vector<std::string> all() {
    count_starts();
    count_signals();
    return commands();
  }

  std::vector<std::string> commands() {
    if (run_.still_active) report("does not become idle after the last command");
    count_commands();
    check_expectations();
    check_order();
    check_views();
    return std::move(found_);
  }

 private:
  void report(std::string what) { found_.push_back(std::move(what)); }

  template <class Is>
  std::size_t count(const std::string& kind, Is is) const {
    return static_cast<std::size_t>(
        std::count_if(run_.story.begin(), run_.story.end(),
                      [&](const story_event& e) { return e.kind == kind && is(e); }));
  }

  /// Pause, resume, cancel and retry: their events name the call. The engine retries parents
  /// itself.
  void count_commands() {
    for (const auto& c : run_.calls) {
      const verb v = c.what.what;
      if (v != verb::pause && v != verb::resume && v != verb::cancel && v != verb::retry) continue;
      const auto seen =
          count(event_of(v), [&](const story_event& e) { return e.call == c.number; });
      const bool expected = is_done(c) ? seen == 1 : c.known ? seen == 0 : seen <= 1;
      if (!expected) report("is in the run's history " + times(seen) + ": " + to_text(c));
    }
    for (const auto& e : run_.story) {
      const bool command =
          e.kind == "run_pausing" || e.kind == "run_resumed" || e.kind == "run_cancelled";
      if (command && !by_number_.contains(e.call)) report("no call caused this event: " + e.kind);
    }
  }

  void count_starts() {
    std::size_t created = 0, asked = 0, answered = 0;
    for (const auto& c : run_.calls) {
      if (c.what.what != verb::start) continue;
      ++asked;
      if (is_done(c)) ++answered;
      if (is_done(c) && c.answer.created) ++created;
    }
    const auto events = count("run_created", [](const story_event&) { return true; });
    if (created > 1) report(times(created) + " a start returned that it created the run");
    if (events > 1) report("the run was created " + times(events));
    if (answered > 0 && events == 0) report("a start was answered, but the run does not exist");
    if (asked == 0 && events > 0) report("the run exists, but no call started it");
  }

  void count_signals() {
    std::map<int, std::pair<bool, const call*>> sent;  // answered, one of its calls
    for (const auto& c : run_.calls) {
      if (c.what.what != verb::signal) continue;
      auto& s = sent[c.what.signal];
      s.first = s.first || is_done(c);
      if (s.second == nullptr || is_done(c)) s.second = &c;
    }
    std::vector<int> received, claimed;
    for (const auto& e : run_.story) {
      if (e.kind == "signal_received") received.push_back(e.signal);
      if (e.kind == "signal_claimed") claimed.push_back(e.signal);
    }
    for (const auto& [id, s] : sent) {
      const auto seen = static_cast<std::size_t>(std::count(received.begin(), received.end(), id));
      if (seen > 1 || (s.first && seen == 0))
        report("the signal was received " + times(seen) + ": " + to_text(*s.second));
    }
    for (const int id : received)
      if (!sent.contains(id)) report("no call sent the signal " + std::to_string(id));
    const bool in_order = claimed.size() <= received.size() &&
                          std::equal(claimed.begin(), claimed.end(), received.begin());
    if (!in_order) {
      report("signals were received as " + json(received).dump() + " and were claimed as " +
             json(claimed).dump());
    }
  }

  void check_expectations() {
    std::optional<run_status> status;
    for (const auto& e : run_.story) {
      const auto found = by_number_.find(e.call);
      if (found != by_number_.end() && found->second->what.if_status &&
          found->second->what.if_status != status) {
        report("took effect on a run that was " +
               std::string{status ? to_string(*status) : "missing"} + ": " +
               to_text(*found->second));
      }
      if (e.kind == "run_created" || e.kind == "run_resumed" || e.kind == "run_retried")
        status = run_status::running;
      if (e.kind == "run_failed") status = run_status::failed;
      if (e.kind == "run_paused") status = run_status::paused;
      if (e.kind == "run_completed") status = run_status::completed;
      if (e.kind == "run_cancelled") status = run_status::cancelled;
    }
  }

  /// A call that comes later in the history cannot have been answered before an earlier one was
  /// made.
  void check_order() {
    const call* latest = nullptr;
    for (const auto& e : run_.story) {
      const auto found = by_number_.find(e.call);
      if (found == by_number_.end()) continue;
      const call& c = *found->second;
      if (latest != nullptr && c.answered < latest->called) {
        report("was answered before a call that is earlier in the history was made: " + to_text(c) +
               "; " + to_text(*latest));
      }
      if (latest == nullptr || c.called > latest->called) latest = &c;
    }
  }

  void check_views() {
    std::map<std::uint64_t, const call*> by_checkpoint;
    std::vector<const call*> gets;
    for (const auto& c : run_.calls)
      if (c.what.what == verb::get && is_done(c)) gets.push_back(&c);
    for (const call* c : gets) {
      for (const call* before : gets) {
        if (before->answered >= c->called || before->checkpoint <= c->checkpoint) continue;
        report("saw checkpoint " + std::to_string(c->checkpoint) + " after checkpoint " +
               std::to_string(before->checkpoint) + " had been seen: " + to_text(*c) + "; " +
               to_text(*before));
      }
      const auto [same, is_new] = by_checkpoint.emplace(c->checkpoint, c);
      if (!is_new && !(same->second->answer == c->answer)) {
        report("saw checkpoint " + std::to_string(c->checkpoint) + " differently: " + to_text(*c) +
               "; " + to_text(*same->second));
      }
    }
  }

  const run_history& run_;
  std::unordered_map<std::uint64_t, const call*> by_number_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> audit(const run_history& run) {
  return auditor{run}.all();
}

std::vector<std::string> audit_commands(const run_history& run) {
  return auditor{run}.commands();
}

}  // namespace pawl::linear
