#include "flow/machine/builder/run_compensations.hpp"

#include <algorithm>
#include <utility>

#include "flow/machine/enclosing.hpp"

namespace pawl::flow {

json compensating_detail(std::size_t steps, std::size_t awaited) {
  json detail{{"steps", steps}};
  if (awaited > 0) detail["awaited"] = awaited;
  return detail;
}

void run_compensations::add(const token& t, json args) {
  compensation added{t.node, t.visit, std::move(args)};
  if (changes_.flow().compensates_parts()) added.within = t.branch;
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
  std::vector<token_id> removed;
  std::size_t awaited = 0;
  for (const auto id : run.tokens.ids()) {
    token& t = *run.find_token(id);
    // The compensation of a section goes on; it is one of those to make.
    if (t.compensates) continue;
    if (calls_.stop(t))
      ++awaited;
    else
      removed.push_back(t.id);
  }
  json detail = compensating_detail(run.compensations.size(), awaited);
  detail["to"] = to_string(to);
  if (run.compensating->error) {
    detail["type"] = run.compensating->error->type;
    detail["message"] = run.compensating->error->message;
  }
  if (!reason.empty()) detail["reason"] = reason;
  changes_.record(event_kind::compensating, std::move(detail));
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

void run_compensations::finish(const token& t) {
  const auto& steps = changes_.run().compensations;
  const auto place =
      static_cast<std::ptrdiff_t>(place_of_compensation(std::as_const(changes_).run(), t));
  replace_from(static_cast<std::size_t>(place), {steps.begin() + place + 1, steps.end()});
  tokens_.remove(t.id);
}

void run_compensations::replace_from(std::size_t first, std::vector<compensation> steps) {
  auto& run = changes_.run();
  auto& change = changes_.change();
  while (run.compensations.size() > first) {
    if (change.compensations_added.empty()) {
      ++change.compensations_dropped;
    } else {
      change.compensations_added.pop_back();
    }
    drop_compensation(run);
  }
  for (auto& step : steps) {
    change.compensations_added.push_back(step);
    add_compensation(run, std::move(step));
  }
}

const compensation* run_compensations::last_within(std::span<const std::uint32_t> branch) const {
  const auto& steps = changes_.run().compensations;
  const auto last = std::find_if(steps.rbegin(), steps.rend(), [&](const compensation& c) {
    return is_within(c, branch, branch.size());
  });
  return last == steps.rend() ? nullptr : &*last;
}

std::size_t run_compensations::count_within(std::span<const std::uint32_t> branch) const {
  const auto& steps = changes_.run().compensations;
  return static_cast<std::size_t>(
      std::count_if(steps.begin(), steps.end(),
                    [&](const compensation& c) { return is_within(c, branch, branch.size()); }));
}

void run_compensations::hand_over(std::span<const std::uint32_t> branch, std::size_t depth) {
  if (!changes_.flow().compensates_parts()) return;  // no step has a branch
  const auto& steps = changes_.run().compensations;
  const auto first = std::find_if(steps.begin(), steps.end(), [&](const compensation& c) {
    return is_within(c, branch, depth);
  });
  if (first == steps.end()) return;
  std::vector<compensation> changed{first, steps.end()};
  for (auto& step : changed)
    if (is_within(step, branch, depth)) step.within.resize(depth);
  replace_from(static_cast<std::size_t>(first - steps.begin()), std::move(changed));
}

void run_compensations::make_final(std::span<const std::uint32_t> branch) {
  const auto& steps = changes_.run().compensations;
  const auto is_inside = [&](const compensation& c) { return is_within(c, branch, branch.size()); };
  const auto first = std::find_if(steps.begin(), steps.end(), is_inside);
  if (first == steps.end()) return;
  std::vector<compensation> rest{first, steps.end()};
  std::erase_if(rest, is_inside);
  replace_from(static_cast<std::size_t>(first - steps.begin()), std::move(rest));
}

void run_compensations::give_up() {
  std::vector<token_id> compensating;
  for (const auto& t : changes_.run().tokens)
    if (t.compensates) compensating.push_back(t.id);
  for (const auto id : compensating) tokens_.remove(id);
  if (changes_.run().compensating) static_cast<void>(end());
}

compensating run_compensations::end() {
  compensating end = *std::exchange(changes_.run().compensating, std::nullopt);
  changes_.change().compensating.emplace(std::nullopt);
  return end;
}

}  // namespace pawl::flow
