#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <pawl/assert.hpp>

#include "flow/machine/merge.hpp"
#include "flow/machine/transition_builder.hpp"
#include "flow/machine/variables.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// Whether the first `depth` forks of a token that has as many are those of a branch.
bool has_prefix(const token& t, const std::vector<std::uint32_t>& branch, std::size_t depth) {
  return std::equal(branch.begin(), branch.begin() + static_cast<std::ptrdiff_t>(depth),
                    t.branch.begin());
}

/// Whether a token is behind the first `depth` forks of a branch, and at least one more.
bool is_behind(const token& t, const std::vector<std::uint32_t>& branch, std::size_t depth) {
  return t.branch.size() > depth && has_prefix(t, branch, depth);
}

pawl::error conflict_error(const merge_conflict& conflict, const std::string& where) {
  return {errc::conflict,
          "branches that come together at \"" + where + "\" wrote different values to \"" +
              conflict.key +
              "\"; let them write different keys (a task's \"into\" names its own), or let a join "
              "say which counts (\"merge\")",
          "merge_conflict"};
}

}  // namespace

void transition_builder::gather(token& t) {
  t.phase = token_phase::gathering;
  mark_changed(t);
}

void transition_builder::drop_branches(const std::vector<std::uint32_t>& branch, std::size_t depth,
                                       token_id but) {
  std::vector<token_id> over;
  for (const auto& t : run_.tokens)
    if (t.id != but && t.branch.size() >= depth && has_prefix(t, branch, depth))
      over.push_back(t.id);
  for (const auto id : over) {
    token& t = *run_.find_token(id);
    if (t.phase != token_phase::ended) record(event_kind::branch_dropped, t);
    drop(t);
  }
}

/// Lets one join or one item of a map go on for which all that it waits for has come. False if
/// there is none.
bool transition_builder::gather_some() {
  std::set<std::pair<node_index, std::vector<std::uint32_t>>> seen;
  for (const auto& t : run_.tokens) {
    if (t.phase != token_phase::gathering) continue;
    if (run_.maps.contains(t.id)) {
      if (close_item(t.id)) return true;
      continue;
    }
    const std::size_t depth = *node_of(t).closed_depth(t);
    std::vector<std::uint32_t> prefix{t.branch.begin(),
                                      t.branch.begin() + static_cast<std::ptrdiff_t>(depth)};
    if (seen.emplace(t.node, std::move(prefix)).second && close_join(t)) return true;
  }
  const auto is_stuck = [](const token& t) {
    return t.phase == token_phase::gathering || t.phase == token_phase::ended;
  };
  if (!run_.tokens.empty() && std::all_of(run_.tokens.begin(), run_.tokens.end(), is_stuck)) {
    const auto at = std::find_if(run_.tokens.begin(), run_.tokens.end(), [&](const token& t) {
      return t.phase == token_phase::gathering && !run_.maps.contains(t.id);
    });
    if (at != run_.tokens.end()) {
      fail_visit(*at, {errc::conflict,
                       "the join \"" + node_of(*at).id +
                           "\" waits for branches that wait at other joins: none can go on",
                       "join_deadlock"});
      return true;
    }
  }
  return false;
}

bool transition_builder::close_join(const token& at) {
  const compiled_node& place = node_of(at);
  const join_plan& plan = *place.behaviour->join();
  const std::size_t depth = *place.closed_depth(at);
  struct state {
    bool open = false;
    bool come = false;
  };
  std::map<std::uint32_t, state> branches;
  for (const auto& t : run_.tokens) {
    if (!is_behind(t, at.branch, depth)) continue;
    state& of = branches[t.branch[depth]];
    if (t.phase == token_phase::gathering && t.node == at.node) {
      of.come = true;
    } else if (t.phase != token_phase::ended) {
      of.open = true;
    }
  }
  const auto is_open = [](const auto& b) { return b.second.open; };
  const auto has_come = [](const auto& b) { return b.second.come && !b.second.open; };
  const bool any_open = std::any_of(branches.begin(), branches.end(), is_open);
  const auto come = std::count_if(branches.begin(), branches.end(), has_come);
  const bool enough = plan.needed > 0 && come >= static_cast<std::ptrdiff_t>(plan.needed);
  if (!enough && any_open) return false;
  if (plan.needed > 0 && !enough) {
    fail_visit(*run_.find_token(at.id),
               {errc::conflict,
                "the join \"" + place.id + "\" needs " + std::to_string(plan.needed) +
                    " branches, but only " + std::to_string(come) + " can come",
                "join_unsatisfied"});
    return true;
  }
  std::vector<const token*> merged;
  std::size_t taken = 0;
  for (auto& [order, of] : branches) {
    if (plan.needed > 0 && (!has_come(std::pair{order, of}) || taken == plan.needed)) continue;
    ++taken;
    for (const auto& t : run_.tokens)
      if (is_behind(t, at.branch, depth) && t.branch[depth] == order) merged.push_back(&t);
  }
  const auto together = merge_branches(merged, depth, plan.policy);
  if (const auto* const conflict = std::get_if<merge_conflict>(&together)) {
    fail_visit(*run_.find_token(at.id), conflict_error(*conflict, place.id));
    return true;
  }
  const token before = at;
  const auto first_result = merged.front()->condition_result;
  const bool agreed = std::all_of(merged.begin(), merged.end(), [&](const token* t) {
    return t->condition_result == first_result;
  });
  std::vector<token_id> group;
  for (const auto& t : run_.tokens)
    if (is_behind(t, at.branch, depth)) group.push_back(t.id);
  for (const auto id : group) {
    token& t = *run_.find_token(id);
    const bool was_open = t.phase != token_phase::ended && t.phase != token_phase::gathering;
    if (was_open) record(event_kind::branch_dropped, t);
    drop(t);
  }
  const auto prefix_end = static_cast<std::ptrdiff_t>(depth);
  token& t = place_token(before.node);
  t.visit = before.visit;
  t.attempt = before.attempt;
  if (agreed) t.condition_result = first_result;
  t.branch.assign(before.branch.begin(), before.branch.begin() + prefix_end);
  t.forks.assign(before.forks.begin(), before.forks.begin() + prefix_end);
  for (const auto& [key, written] : std::get<merged_writes>(together)) {
    merge(t, written.value, key);
    if (written.depth < depth) t.inherited[key] = static_cast<std::uint32_t>(written.depth);
  }
  record(event_kind::branches_joined, t, {{"branches", taken}});
  leave(t);
  return true;
}

void transition_builder::begin_map(token& t, json items) {
  record(event_kind::map_began, t, {{"items", items.size()}});
  gather(t);
  map_change begun;
  begun.items = std::move(items);
  const token_id id = t.id;
  set_progress(id, std::move(begun));
  if (run_.maps.at(id).items.empty()) return end_map(id);
  spawn_items(id);
}

bool transition_builder::go_on_with_map(token& t) {
  if (!run_.maps.contains(t.id)) return false;
  gather(t);
  spawn_items(t.id);
  return true;
}

void transition_builder::set_progress(token_id map, map_change change) {
  change_map(run_, map, change);
  const auto [known, is_new] = done_.change.maps_set.try_emplace(map, change);
  if (is_new) return;
  if (change.items) known->second.items = std::move(change.items);
  for (auto& result : change.results) known->second.results.push_back(std::move(result));
  known->second.next = change.next;
  known->second.failed = change.failed;
}

void transition_builder::spawn_items(token_id id) {
  const token map = *run_.find_token(id);  // a copy: placing tokens moves them
  const compiled_node& place = node_of(map);
  const map_plan& plan = *place.behaviour->map();
  const auto alive = static_cast<std::size_t>(
      std::count_if(run_.tokens.begin(), run_.tokens.end(),
                    [](const token& t) { return t.phase != token_phase::ended; }));
  const std::size_t most = flow_.allowed().max_tokens;
  std::size_t room = most > alive ? most - alive : 0;
  const map_progress& progress = run_.maps.at(id);
  map_change begun;
  begun.next = progress.next;
  begun.failed = progress.failed;
  while (begun.next < progress.items.size() && begun.next - progress.done < plan.max_concurrency) {
    if (room == 0 && begun.next > progress.done) break;  // others of this map are under way
    if (room == 0) {
      return fail_visit(
          *run_.find_token(id),
          {errc::limit_exceeded, "the items of the map \"" + place.id + "\" would make more than " +
                                     std::to_string(most) + " branches at once (run.max_tokens)"});
    }
    --room;
    token& item = place_child(map, place.each->target, begun.next);
    merge(item, progress.items[begun.next], plan.as);
    item.writes[plan.index] = begun.next;
    item.inherited.erase(plan.index);
    done_.change.writes_set[item.id][plan.index] = begun.next;
    ++begun.next;
  }
  set_progress(id, std::move(begun));
}

/// Ends an item of a map whose tokens have all ended; false if there is none.
bool transition_builder::close_item(token_id id) {
  const token& map = *run_.find_token(id);
  const std::size_t depth = map.branch.size();
  std::map<std::uint32_t, bool> over;
  for (const auto& t : run_.tokens) {
    if (t.id == id || !is_behind(t, map.branch, depth)) continue;
    const auto [of, is_new] = over.try_emplace(t.branch[depth], true);
    of->second = of->second && t.phase == token_phase::ended;
  }
  const auto found = std::find_if(over.begin(), over.end(), [](const auto& o) { return o.second; });
  if (found == over.end()) return false;
  const std::uint32_t item = found->first;
  std::vector<const token*> branches;
  for (const auto& t : run_.tokens)
    if (t.id != id && is_behind(t, map.branch, depth) && t.branch[depth] == item)
      branches.push_back(&t);
  const map_plan& plan = *node_of(map).behaviour->map();
  const token_id one_of_them = branches.front()->id;
  const auto merged = merge_branches(branches, depth + 1, merge_policy::error);
  if (const auto* const conflict = std::get_if<merge_conflict>(&merged)) {
    fail_item(id, *run_.find_token(one_of_them), conflict_error(*conflict, node_of(map).id));
    return true;
  }
  token together = *branches.front();
  together.branch.resize(depth + 1);
  together.writes = json::object();
  json own = json::object();
  for (const auto& [key, written] : std::get<merged_writes>(merged)) {
    together.writes[key] = written.value;
    if (written.depth > depth && key != plan.as && key != plan.index) own[key] = written.value;
  }
  if (plan.result) {
    auto value = evaluate(together, *plan.result);
    if (!value) {
      fail_item(id, *run_.find_token(one_of_them), value.error());
      return true;
    }
    own = *std::move(value);
  }
  std::vector<token_id> group;
  for (const auto* const t : branches) group.push_back(t->id);
  for (const auto gone : group) remove_token(gone);
  finish_item(id, item, std::move(own), false);
  return true;
}

void transition_builder::finish_item(token_id id, std::uint32_t item, json value, bool failed) {
  const map_progress& progress = run_.maps.at(id);
  map_change done;
  done.next = progress.next;
  done.failed = progress.failed + (failed ? 1 : 0);
  record(failed ? event_kind::item_failed : event_kind::item_finished, *run_.find_token(id),
         {{"item", item}});
  done.results.emplace_back(item, std::move(value));
  set_progress(id, std::move(done));
  if (progress.done == progress.items.size()) return end_map(id);
  spawn_items(id);
}

void transition_builder::end_map(token_id id) {
  token& t = *run_.find_token(id);
  const map_plan& plan = *node_of(t).behaviour->map();
  const map_progress over = std::move(run_.maps.at(id));
  run_.maps.erase(id);
  done_.change.maps_set.erase(id);
  if (id < first_new_token_) done_.change.maps_removed.push_back(id);
  record(event_kind::step_finished, t,
         {{"items", over.results.size()}, {"failed", over.failed}, {"us", 0}});
  merge(t, over.results, plan.into);
  leave(t);
}

}  // namespace pawl::flow
