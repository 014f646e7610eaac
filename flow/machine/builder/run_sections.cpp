#include "flow/machine/builder/run_sections.hpp"

#include <algorithm>
#include <utility>

#include <pawl/assert.hpp>

#include "flow/machine/enclosing.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

bool run_sections::has_body(const token& t) {
  if (changes_.node_of(t).behaviour->section() == nullptr) return false;
  auto& tokens = changes_.run().tokens;
  tokens.settle();
  return tokens.forks().find(t.branch) != nullptr;
}

void run_sections::begin(token& t) {
  const bool resumes = has_body(t);
  if (const std::size_t most = changes_.allowed().max_tokens;
      !resumes && tokens_.count_alive() >= most) {
    return failures_.fail_visit(
        t, {errc::limit_exceeded, "the body of the section \"" + changes_.node_of(t).id +
                                      "\" would make more than " + std::to_string(most) +
                                      " branches at once (run.max_tokens)"});
  }
  t.first_try_at = changes_.engine_time();
  tokens_.gather(t);
  if (resumes) return;
  const compiled_edge& body = *changes_.node_of(t).each;
  tokens_.place_child(t, body.target, body.order);
}

bool run_sections::close(token_id id) {
  auto& run = changes_.run();
  run.tokens.settle();
  const token& section = *std::as_const(run).find_token(id);
  const std::size_t depth = section.branch.size();
  const fork_tree::fork* const body = run.tokens.forks().find(section.branch);
  if (section.phase != token_phase::gathering || body == nullptr || body->ended.empty())
    return false;
  const std::vector<token_id> group = body->branches.at(*body->ended.begin()).tokens;
  std::vector<const token*> ended;
  for (const auto of_body : group) ended.push_back(std::as_const(run).find_token(of_body));
  const auto merged = merge_branches(ended, depth + 1, merge_policy::error);
  if (const auto* const conflict = std::get_if<merge_conflict>(&merged)) {
    const error why = conflict_error(changes_.flow(), *conflict, changes_.node_of(section).id);
    failures_.fail_item(id, *run.find_token(group.front()), why);
    return true;
  }
  token& t = *run.find_token(id);
  for (const auto& [key, written] : std::get<merged_writes>(merged))
    if (written.depth > depth) data_.write(t, key, written.value);
  const auto condition = ended.front()->condition_result;
  if (std::all_of(ended.begin(), ended.end(),
                  [&](const token* each) { return each->condition_result == condition; }))
    t.condition_result = condition;
  for (const auto of_body : group) tokens_.remove(of_body);
  if (changes_.node_of(t).behaviour->section()->makes_final)
    compensations_.make_final(t.branch);
  else
    compensations_.hand_over(t.branch, depth);
  t.timer.reset();
  changes_.mark_changed(t);
  const auto took = changes_.engine_time() - t.first_try_at.value_or(changes_.engine_time());
  changes_.record(event_kind::step_finished, t, {{"us", took.count()}});
  branches_.leave(t);
  return true;
}

void run_sections::leave(token_id id, const compiled_edge& edge, std::optional<json> error) {
  token& t = *changes_.run().find_token(id);
  if (changes_.node_of(t).behaviour->section()->compensates)
    return compensate(t, {edge.order, std::move(error)});
  const std::vector<std::uint32_t> branch = t.branch;
  tokens_.drop_branch(branch, branch.size(), id);
  compensations_.hand_over(branch, branch.size());
  follow(t, edge, error);
}

void run_sections::compensate(token& t, pending_exit exit) {
  const token_id id = t.id;
  const std::vector<std::uint32_t> branch = t.branch;
  t.timer.reset();
  t.exit = std::move(exit);
  tokens_.gather(t);
  std::size_t awaited = 0;
  for (const auto inside : tokens_.inside(branch, branch.size(), id)) {
    token& other = *changes_.run().find_token(inside);
    // The compensation of a section inside goes on; it is one of those to make.
    if (other.compensates) continue;
    if (calls_.stop(other)) {
      ++awaited;
      other.stopping = true;
      changes_.mark_changed(other);
      continue;
    }
    const bool has_stopped =
        other.phase == token_phase::ended || other.phase == token_phase::halted;
    if (!has_stopped) changes_.record(event_kind::branch_dropped, other);
    tokens_.remove(inside);
  }
  if (const auto steps = compensations_.count_within(branch); awaited + steps > 0) {
    json detail = compensating_detail(steps, awaited);
    if (t.exit->error) {
      detail["type"] = t.exit->error->at("type");
      detail["message"] = t.exit->error->at("message");
    }
    changes_.record(event_kind::compensating, t, std::move(detail));
  }
  go_on(id);
}

void run_sections::go_on(token_id id) {
  run_state& run = changes_.run();
  run.tokens.settle();
  token& t = *run.find_token(id);
  if (run.tokens.forks().find(t.branch) != nullptr) return;
  const compensation* const step = compensations_.last_within(t.branch);
  if (step == nullptr) return finish_exit(t);
  const std::uint32_t visit = step->visit;
  token& placed = tokens_.place_child(t, step->node, 0);
  placed.visit = visit;
  placed.compensates = true;
}

void run_sections::finish_exit(token& t) {
  const pending_exit exit = *std::exchange(t.exit, std::nullopt);
  changes_.mark_changed(t);
  if (!exit.edge) return branches_.leave(t);
  const compiled_node& node = changes_.node_of(t);
  const auto edge = std::find_if(node.on_error.begin(), node.on_error.end(),
                                 [&](const compiled_edge& e) { return e.order == *exit.edge; });
  const bool is_error = edge != node.on_error.end();
  PAWL_ASSERT_RUN(is_error || node.on_timeout, "a section left by an edge that it does not have");
  follow(t, is_error ? *edge : *node.on_timeout, exit.error);
}

void run_sections::follow(token& t, const compiled_edge& edge, const std::optional<json>& error) {
  if (error) return branches_.follow_error(t, edge, *error);
  branches_.follow(t, edge, "timeout");
}

void run_sections::go_on_around(std::span<const std::uint32_t> branch) {
  run_state& run = changes_.run();
  run.tokens.settle();
  if (const token* const around = find_compensating(run, branch)) go_on(around->id);
}

void run_sections::end_stopped(const token& t) {
  const std::vector<std::uint32_t> branch = t.branch;
  tokens_.drop(t.id);
  go_on_around(branch);
}

void run_sections::finish_compensation(const token& t) {
  const std::vector<std::uint32_t> branch = t.branch;
  compensations_.finish(t);
  go_on_around(branch);
}

const token* run_sections::find_section(const std::vector<std::uint32_t>& branch,
                                        const std::vector<node_index>& forks, std::size_t level) {
  if (changes_.flow().at(forks[level]).behaviour->section() == nullptr) return nullptr;
  run_state& run = changes_.run();
  run.tokens.settle();
  return find_enclosing(run, branch, level);
}

}  // namespace pawl::flow
