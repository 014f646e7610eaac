#include "flow/machine/builder/run_compensations.hpp"

#include <utility>
#include <vector>

namespace pawl::flow {

void run_compensations::add(const token& t, json args) {
  compensation added{t.node, t.visit, std::move(args)};
  changes_.change().compensations_added.push_back(added);
  add_compensation(changes_.run(), std::move(added));
}

bool run_compensations::begin(run_status to, std::optional<run_error> error,
                              const std::string& reason) {
  run_state& run = changes_.run();
  if (run.compensations.empty() || run.compensating) return false;
  if (run.status == run_status::paused) lifecycle_.set_status(run_status::running);
  lifecycle_.thaw();
  run.compensating = compensating{to, std::move(error)};
  changes_.change().compensating = run.compensating;
  json detail{{"to", to_string(to)}, {"steps", run.compensations.size()}};
  if (run.compensating->error) {
    detail["type"] = run.compensating->error->type;
    detail["message"] = run.compensating->error->message;
  }
  if (!reason.empty()) detail["reason"] = reason;
  changes_.record(event_kind::compensating, std::move(detail));
  std::vector<token_id> removed;
  for (const auto id : run.tokens.ids()) {
    token& t = *run.find_token(id);
    const bool is_stopping = calls_.abandon(t);
    const bool is_awaited =
        t.phase == token_phase::waiting && (t.task ? t.under_way() : is_stopping);
    if (!is_awaited) removed.push_back(t.id);
    // A child run that is being cancelled ends, however long its own compensations take.
    if (t.child && t.timer) {
      t.timer.reset();
      changes_.mark_changed(t);
    }
  }
  for (const auto id : removed) tokens_.remove(id);
  return true;
}

token* run_compensations::place_last() {
  const auto& steps = changes_.run().compensations;
  if (steps.empty()) return nullptr;
  token& t = tokens_.place(steps.back().node);
  t.visit = steps.back().visit;
  t.compensates = true;
  return &t;
}

void run_compensations::finish_last(const token& t) {
  auto& added = changes_.change().compensations_added;
  if (added.empty()) {
    ++changes_.change().compensations_dropped;
  } else {
    added.pop_back();
  }
  drop_compensation(changes_.run());
  tokens_.remove(t.id);
}

void run_compensations::give_up() {
  std::vector<token_id> compensating;
  for (const auto& t : changes_.run().tokens)
    if (t.compensates) compensating.push_back(t.id);
  for (const auto id : compensating) tokens_.remove(id);
  static_cast<void>(end());
}

compensating run_compensations::end() {
  compensating end = *std::exchange(changes_.run().compensating, std::nullopt);
  changes_.change().compensating.emplace(std::nullopt);
  return end;
}

}  // namespace pawl::flow
