#include "flow/machine/builder/run_maps.hpp"

#include <algorithm>
#include <utility>

#include "flow/machine/enclosing.hpp"
#include "flow/nodes/map_limits.hpp"
#include "flow/values/error_text.hpp"

namespace pawl::flow {
namespace {

error wrong_limit(const char* key, const char* form, const json& value) {
  return {errc::invalid_argument,
          "\"" + std::string{key} + "\" of a map " + form + ", not " + value_text(value)};
}

}  // namespace

void run_maps::begin(token& t, json items) {
  changes_.record(event_kind::map_began, t, {{"items", items.size()}});
  t.first_try_at = changes_.engine_time();
  tokens_.gather(t);
  map_change begun;
  begun.items = std::move(items);
  const token_id id = t.id;
  set_progress(id, std::move(begun));
  if (changes_.run().maps.at(id).items.empty()) return end(id);
  spawn_items(id);
}

bool run_maps::resume(token& t) {
  if (!changes_.run().maps.contains(t.id)) return false;
  tokens_.gather(t);
  spawn_items(t.id);
  return true;
}

void run_maps::set_progress(token_id map, map_change change) {
  change_map(changes_.run(), map, change);
  const auto [known, is_new] = changes_.change().maps_set.try_emplace(map, change);
  if (is_new) return;
  if (change.items) known->second.items = std::move(change.items);
  for (auto& result : change.results) known->second.results.push_back(std::move(result));
  known->second.next = change.next;
  known->second.failed = change.failed;
}

result<std::uint32_t> run_maps::concurrency(const token& map) const {
  const map_plan& plan = *changes_.node_of(map).behaviour->map();
  if (!plan.computed_concurrency) return plan.max_concurrency;
  const auto value = data_.evaluate(map, *plan.computed_concurrency);
  if (!value) return value.error();
  if (const auto limit = concurrency_of(*value)) return *limit;
  return wrong_limit("max_concurrency", concurrency_form, *value);
}

result<std::size_t> run_maps::tolerated(const token& map) const {
  const map_plan& plan = *changes_.node_of(map).behaviour->map();
  const std::size_t items = std::as_const(changes_).run().maps.at(map.id).items.size();
  if (!plan.computed_tolerance) return plan.tolerate.of(items);
  const auto value = data_.evaluate(map, *plan.computed_tolerance);
  if (!value) return value.error();
  if (const auto limit = tolerance_of(*value)) return limit->of(items);
  return wrong_limit("tolerate", tolerance_form, *value);
}

void run_maps::spawn_items(token_id id) {
  const token& map = *std::as_const(changes_).run().find_token(id);
  const compiled_node& node = changes_.node_of(map);
  const map_plan& plan = *node.behaviour->map();
  const auto at_once = concurrency(map);
  if (!at_once) return failures_.fail_visit(*changes_.run().find_token(id), at_once.error());
  const std::size_t alive = tokens_.count_alive();
  const std::size_t most = changes_.allowed().max_tokens;
  std::size_t room = most > alive ? most - alive : 0;
  const map_progress& progress = changes_.run().maps.at(id);
  map_change begun;
  begun.next = progress.next;
  begun.failed = progress.failed;
  while (begun.next < progress.items.size() && begun.next - progress.done < *at_once) {
    if (room == 0 && begun.next > progress.done) break;  // an item under way starts the next later
    if (room == 0) {
      return failures_.fail_visit(
          *changes_.run().find_token(id),
          {errc::limit_exceeded, "the items of the map \"" + node.id + "\" would make more than " +
                                     std::to_string(most) + " branches at once (run.max_tokens)"});
    }
    --room;
    token& item = tokens_.place_child(map, node.each->target, begun.next);
    data_.write(item, plan.as, progress.items[begun.next]);
    data_.write(item, plan.index, begun.next);
    ++begun.next;
  }
  set_progress(id, std::move(begun));
}

bool run_maps::close_item(token_id id) {
  auto& tokens = changes_.run().tokens;
  tokens.settle();
  const token& map = *std::as_const(tokens).find(id);
  const std::size_t depth = map.branch.size();
  const fork_tree::fork* const items = tokens.forks().find(map.branch);
  if (items == nullptr || items->ended.empty()) return false;
  const std::uint32_t item = *items->ended.begin();
  const std::vector<token_id> group = items->branches.at(item).tokens;
  std::vector<const token*> ended;
  for (const auto of_item : group) ended.push_back(std::as_const(tokens).find(of_item));
  const compiled_node& node = changes_.node_of(map);
  auto value = result_of(*node.behaviour->map(), ended, depth, node.id);
  if (!value) {
    failures_.fail_item(id, *changes_.run().find_token(ended.front()->id), value.error());
    return true;
  }
  for (const auto of_item : group) tokens_.remove(of_item);
  drop_item(id, item);
  finish_item(id, item, *std::move(value), false);
  return true;
}

result<json> run_maps::result_of(const map_plan& plan, const std::vector<const token*>& ended,
                                 std::size_t depth, const std::string& node) const {
  const auto merged = merge_branches(ended, depth + 1, merge_policy::error);
  if (const auto* const conflict = std::get_if<merge_conflict>(&merged))
    return conflict_error(changes_.flow(), *conflict, node);
  token together = *ended.front();
  together.branch.resize(depth + 1);
  together.writes = {};
  together.rules_time = changes_.now();
  json own = json::object();
  for (const auto& [key, written] : std::get<merged_writes>(merged)) {
    together.writes.set(key, written.value);
    if (written.depth > depth && key != plan.as && key != plan.index) own[key] = written.value;
  }
  if (!plan.result) return own;
  return data_.evaluate(together, *plan.result);
}

void run_maps::finish_item(token_id id, std::uint32_t item, json value, bool failed) {
  const map_progress& progress = changes_.run().maps.at(id);
  map_change done;
  done.next = progress.next;
  done.failed = progress.failed + (failed ? 1 : 0);
  changes_.record(failed ? event_kind::item_failed : event_kind::item_finished,
                  *changes_.run().find_token(id), {{"item", item}});
  done.results.emplace_back(item, std::move(value));
  set_progress(id, std::move(done));
  if (progress.done == progress.items.size()) return end(id);
  const token& map = *std::as_const(changes_).run().find_token(id);
  const auto& until = changes_.node_of(map).behaviour->map()->until;
  if (!until) return spawn_items(id);
  const json ended(progress.done), broken(progress.failed), total(progress.items.size());
  const auto enough = data_.test(
      map, *until,
      {{"done", &ended}, {"failed", &broken}, {"total", &total}, {"results", &progress.results}});
  if (!enough) return failures_.fail_visit(*changes_.run().find_token(id), enough.error());
  if (!*enough) return spawn_items(id);
  drop_items(id);
  end(id);
}

void run_maps::drop_item(token_id map, std::uint32_t item) {
  std::vector<std::uint32_t> branch = std::as_const(changes_).run().find_token(map)->branch;
  const std::size_t depth = branch.size();
  branch.push_back(item);
  tokens_.drop_branch(branch, depth + 1, map);
  compensations_.hand_over(branch, depth);
}

void run_maps::drop_items(token_id map) {
  const std::vector<std::uint32_t> branch = std::as_const(changes_).run().find_token(map)->branch;
  tokens_.drop_branch(branch, branch.size(), map);
  compensations_.hand_over(branch, branch.size());
}

void run_maps::end(token_id id) {
  run_state& run = changes_.run();
  token& t = *run.find_token(id);
  const map_plan& plan = *changes_.node_of(t).behaviour->map();
  const map_progress finished = std::move(run.maps.at(id));
  changes_.erase_map(id);
  const auto took = changes_.engine_time() - t.first_try_at.value_or(changes_.engine_time());
  changes_.record(
      event_kind::step_finished, t,
      {{"items", finished.results.size()}, {"failed", finished.failed}, {"us", took.count()}});
  if (plan.into) data_.write(t, *plan.into, finished.results);
  branches_.leave(t);
}

token* run_maps::find_map(const std::vector<std::uint32_t>& branch,
                          const std::vector<node_index>& forks, std::size_t level) {
  if (changes_.flow().at(forks[level]).behaviour->map() == nullptr) return nullptr;
  run_state& run = changes_.run();
  run.tokens.settle();
  const token* const found = find_enclosing(run, branch, level);
  return found != nullptr && run.maps.contains(found->id) ? run.find_token(found->id) : nullptr;
}

}  // namespace pawl::flow
