#include "flow/machine/builder/run_failures.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "flow/machine/enclosing.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/error_text.hpp"

namespace pawl::flow {
namespace {

run_error make_run_error(const error& why, const std::string& node, std::uint32_t attempt) {
  return {std::string{why.error_class()}, why.message, node, attempt};
}

/// Why a step is compensated, as the end of a message; "" if no failure is the reason.
std::string cause_of_compensation(const run_state& run, const token& t) {
  const auto sentence = [](const std::string& type, const std::string& message,
                           const std::string& node) {
    return "; it was called because of " + type + (node.empty() ? "" : " at \"" + node + "\"") +
           ": " + message;
  };
  if (const token* const part = find_compensating(run, t.branch)) {
    if (!part->exit->error) return {};
    const json& cause = *part->exit->error;
    return sentence(cause.at("type").get<std::string>(), cause.at("message").get<std::string>(),
                    cause.at("node").get<std::string>());
  }
  if (!run.compensating || !run.compensating->error) return {};
  const run_error& cause = *run.compensating->error;
  return sentence(cause.type, cause.message, cause.node);
}

}  // namespace

void run_failures::fail_now(run_error error) {
  calls_.halt_all(child_fate::halt);
  lifecycle_.set_status(run_status::failed);
  changes_.record(event_kind::run_failed, {{"type", error.type}, {"message", error.message}});
  changes_.run().error = std::move(error);
  changes_.change().error = changes_.run().error;
}

void run_failures::fail(run_error error) {
  if (compensations_.begin(run_status::failed, error, {})) return;
  fail_now(std::move(error));
}

void run_failures::cancel(const std::string& reason) {
  if (compensations_.begin(run_status::cancelled, std::nullopt, reason)) return;
  calls_.halt_all(child_fate::cancel);
  lifecycle_.set_status(run_status::cancelled);
  changes_.record(event_kind::run_cancelled, reason_detail(reason));
}

void run_failures::terminate(const std::string& reason) {
  calls_.halt_all(child_fate::terminate);
  compensations_.give_up();
  lifecycle_.set_status(run_status::cancelled);
  json detail = reason_detail(reason);
  detail["terminated"] = true;
  changes_.record(event_kind::run_cancelled, std::move(detail));
}

void run_failures::reopen() {
  run_state& run = changes_.run();
  run.error.reset();
  changes_.change().error = run.error;
  lifecycle_.thaw();
  lifecycle_.set_status(run_status::running);
  std::vector<token_id> removed;
  for (const auto id : run.tokens.ids()) {
    token& t = *run.find_token(id);
    // What is being compensated does not resume the steps that it was on before.
    if (is_stopping(run, t)) removed.push_back(t.id);
    if (t.phase != token_phase::halted) continue;
    t.phase = token_phase::arriving;  // keeps its visit
    changes_.mark_changed(t);
  }
  for (const auto id : removed) tokens_.remove(id);
}

void run_failures::revive(const std::string& reason) {
  reopen();
  changes_.record(event_kind::run_retried, reason_detail(reason));
  go_on_compensating();
}

void run_failures::go_on_compensating() {
  run_state& run = changes_.run();
  for (const auto id : run.tokens.ids())
    if (const token* const t = std::as_const(run).find_token(id); t != nullptr && t->exit)
      sections_.go_on(id);
}

void run_failures::skip_compensation(token& t, const std::string& reason) {
  const bool has_failed = changes_.run().status == run_status::failed;
  if (has_failed) reopen();
  changes_.record(event_kind::compensation_skipped, t, reason_detail(reason));
  calls_.abandon(t);
  sections_.finish_compensation(t);
  if (has_failed) go_on_compensating();
}

void run_failures::fail_at(token& t, const error& why) {
  if (!t.compensates) {
    const json value = error_value(why, changes_.node_of(t), t);
    const auto edge = branches_.find_error_edge(t, why, value);
    if (!edge) return fail_visit(t, edge.error());
    if (*edge != nullptr && sections_.has_body(t)) return sections_.leave(t.id, **edge, value);
    if (*edge != nullptr) return branches_.follow_error(t, **edge, value);
  }
  fail_visit(t, why);
}

void run_failures::fail_visit(token& t, const error& why) {
  run_error error = make_run_error(why, changes_.node_of(t).id, t.attempt);
  t.phase = token_phase::halted;
  changes_.mark_changed(t);
  if (t.compensates) {
    error.type = "compensation_failed";
    error.message = "the compensation of node \"" + error.node + "\" failed: " + why.message +
                    cause_of_compensation(std::as_const(changes_).run(), t);
    return fail_now(std::move(error));
  }
  offer_outwards(t, why, std::move(error));
}

void run_failures::fail_step(token& t, const error& why, std::int64_t us) {
  json detail{{"type", why.error_class()}, {"message", why.message}, {"us", us}};
  if (const json* const details = kept_details(why)) detail["details"] = *details;
  changes_.record(t.compensates ? event_kind::compensation_failed : event_kind::step_failed, t,
                  std::move(detail));
  fail_at(t, why);
}

void run_failures::fail_leaving(token& t, const error& why) {
  run_error error = make_run_error(why, changes_.node_of(t).id, t.attempt);
  t.phase = token_phase::leaving;
  changes_.mark_changed(t);
  offer_outwards(t, why, std::move(error));
}

void run_failures::fail_item(token_id owner, token& t, const error& why) {
  const token& of = *changes_.run().find_token(owner);
  run_error error = make_run_error(why, changes_.node_of(of).id, of.attempt);
  offer_outwards(t, why, std::move(error));
}

/// Offers the failure to the maps and sections that have the token inside, the innermost first. If
/// none takes it, the run fails with `error`.
void run_failures::offer_outwards(token& t, const error& why, run_error error) {
  const std::vector<std::uint32_t> branch = t.branch;
  const std::vector<node_index> forks = t.forks;
  const std::string node = changes_.node_of(t).id;
  const json value = forks.empty() ? json{} : error_value(why, changes_.node_of(t), t);
  for (std::size_t level = forks.size(); level-- > 0;) {
    const token* const map = maps_.find_map(branch, forks, level);
    const token* const owner = map != nullptr ? map : sections_.find_section(branch, forks, level);
    if (owner == nullptr) continue;
    const run_error failed = make_run_error(why, changes_.node_of(*owner).id, owner->attempt);
    const auto taken = map != nullptr ? offer_to_map(owner->id, branch[level], why, node)
                                      : offer_to_section(owner->id, why, value);
    if (!taken) return fail(make_run_error(taken.error(), failed.node, failed.attempt));
    if (*taken) return;
  }
  fail(std::move(error));
}

/// A map takes the failure as that of an item if it tolerates one more, else by its on_error edge.
result<bool> run_failures::offer_to_map(token_id id, std::uint32_t item, const error& why,
                                        const std::string& failed) {
  const token& map = *std::as_const(changes_).run().find_token(id);
  const map_progress& progress = changes_.run().maps.at(id);
  const auto most = maps_.tolerated(map);
  if (!most) return most.error();
  if (progress.failed < *most) {
    maps_.drop_item(id, item);
    json failure{{"type", why.error_class()}, {"message", why.message}, {"node", failed}};
    if (const json* const details = kept_details(why)) failure["details"] = *details;
    json value{{"error", std::move(failure)}, {"item", progress.items.at(item)}, {"index", item}};
    maps_.finish_item(id, item, std::move(value), true);
    return true;
  }
  const json value = error_value(why, changes_.node_of(map), map);
  const auto edge = branches_.find_error_edge(map, why, value);
  if (!edge) return edge.error();
  if (*edge == nullptr) return false;
  maps_.drop_items(id);
  changes_.erase_map(id);
  branches_.follow_error(*changes_.run().find_token(id), **edge, value);
  return true;
}

result<bool> run_failures::offer_to_section(token_id id, const error& why, const json& value) {
  const token& section = *std::as_const(changes_).run().find_token(id);
  const auto edge = branches_.find_error_edge(section, why, value);
  if (!edge) return edge.error();
  if (*edge == nullptr) return false;
  sections_.leave(id, **edge, value);
  return true;
}

}  // namespace pawl::flow
