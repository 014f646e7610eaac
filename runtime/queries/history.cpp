#include "runtime/queries/history.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "actors/engine_context.hpp"
#include "flow/machine/history.hpp"
#include "flow/machine/step_values.hpp"
#include "flow/values/json_size.hpp"
#include "persistence/history_pruning.hpp"
#include "persistence/not_found.hpp"
#include "persistence/runs.hpp"

namespace pawl {
namespace {

using persistence::view;

constexpr std::uint64_t last_of_all = std::numeric_limits<std::uint64_t>::max();

error unknown_kind(const std::string& name) {
  std::string message = "unknown kind of events " + pawl::quoted(name);
  if (const auto near = flow::nearest_event_kind(name); !near.empty())
    message += "; did you mean " + pawl::quoted(near) + "?";
  return {errc::invalid_argument, std::move(message)};
}

}  // namespace

result<std::shared_ptr<const flow::compiled_flow>> flow_of_run(const reading& r,
                                                               const run_key& key) {
  const auto record = persistence::load_record(*r.now, key);
  if (!record) return record.error();
  if (!*record) return persistence::no_such_run(key.id);
  return r.context->flows.get(*r.now, key.scope, (*record)->summary.flow);
}

result<flow::node_index> find_node(const flow::compiled_flow& flow, const std::string& name) {
  std::vector<std::string_view> names;
  for (flow::node_index i = 0; i < flow.nodes().size(); ++i) {
    if (flow.at(i).id == name) return i;
    names.push_back(flow.at(i).id);
  }
  std::string message = "flow " + to_string(flow.id()) + " has no node " + pawl::quoted(name);
  if (const auto near = nearest(name, names))
    message += "; did you mean " + pawl::quoted(*near) + "?";
  return error{errc::invalid_argument, std::move(message)};
}

result<std::vector<history_event>> read_checkpoint(const reading& r, const run_key& key,
                                                   std::uint64_t sequence) {
  const auto compiled = flow_of_run(r, key);
  if (!compiled) return compiled.error();
  const auto found = persistence::load_history(*r.now, key, sequence, 1);
  if (!found) return found.error();
  std::vector<history_event> events;
  for (const auto& c : *found)
    for (const auto& e : c.events)
      if (c.sequence == sequence)
        events.push_back(flow::to_history(**compiled, e, c.sequence, c.at));
  return events;
}

history_event damaged_event(std::uint64_t checkpoint, time_point at, const error& why) {
  history_event event;
  event.checkpoint = checkpoint;
  event.at = at;
  event.kind = flow::damaged_kind;
  event.detail = {{"message", why.message}};
  return event;
}

history_query::history_query(const engine_core& core, run_key key, history_options options,
                             std::size_t max_bytes)
    : core_(core),
      key_(std::move(key)),
      options_(std::move(options)),
      next_(options_.from == 0 && options_.newest_first ? last_of_all : options_.from),
      left_(options_.limit),
      max_bytes_(max_bytes) {}

bool history_query::selection::fits(const flow::event& e) const {
  return (all_kinds || std::find(kinds.begin(), kinds.end(), e.kind) != kinds.end()) &&
         (!node || e.node == *node);
}

result<history_query::selection> history_query::read_selection(
    const flow::compiled_flow& flow) const {
  selection wanted;
  wanted.all_kinds = options_.kinds.empty();
  for (const auto& name : options_.kinds) {
    if (name == flow::damaged_kind) continue;  // a page has those events whatever it selects
    const auto kind = flow::parse_event_kind(name);
    if (!kind) return unknown_kind(name);
    wanted.kinds.push_back(*kind);
  }
  if (options_.node.empty()) return wanted;
  const auto node = find_node(flow, options_.node);
  if (!node) return node.error();
  wanted.node = *node;
  return wanted;
}

bool history_query::is_full() const noexcept {
  return left_ == 0 || bytes_ > max_bytes_ || checkpoints_ >= max_checkpoints_per_page;
}

result<bool> history_query::read(read_budget& turn) {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  const auto compiled = flow_of_run(*r, key_);
  if (!compiled) return compiled.error();
  const auto wanted = read_selection(**compiled);
  if (!wanted) return wanted.error();
  const auto pruned = persistence::last_pruned(*r->now, key_);
  if (!pruned) return pruned.error();
  page_.pruned = *pruned;
  bool complete = true;
  std::optional<error> failure;
  const auto goes_on = [&](std::uint64_t number) {
    if (is_full()) page_.next = number;
    if (is_full()) return false;
    complete = !turn.is_spent();
    return complete;
  };
  const auto passed = [&](std::uint64_t number, std::size_t bytes) {
    next_ = options_.newest_first ? number - 1 : number + 1;
    turn.spend(bytes);
    return view::next::more;
  };
  const auto visit = [&](const persistence::stored_checkpoint& what, std::size_t bytes) {
    if (!goes_on(what.sequence)) return view::next::stop;
    if (auto added = add(*r, **compiled, *wanted, what); !added) {
      failure = std::move(added).error();
      return view::next::stop;
    }
    return passed(what.sequence, bytes);
  };
  const auto report = [&](std::uint64_t number, const error& why) {
    if (!goes_on(number)) return view::next::stop;
    add_damaged(number, why);
    return passed(number, why.message.size());
  };
  const auto visited = options_.newest_first
                           ? persistence::visit_history_back(*r->now, key_, next_, visit, report)
                           : persistence::visit_history(*r->now, key_, next_, visit, report);
  if (!visited) return visited.error();
  if (failure) return *failure;
  return complete;
}

result<void> history_query::add(const reading& r, const flow::compiled_flow& flow,
                                const selection& wanted, const flow::delta& checkpoint) {
  ++checkpoints_;
  std::vector<history_event> found;
  for (std::size_t place = 0; place < checkpoint.events.size(); ++place) {
    const flow::event& e = checkpoint.events[place];
    if (!wanted.fits(e)) continue;
    auto& shown = found.emplace_back(
        options_.values ? flow::to_history_with_values(flow, checkpoint, e)
                        : flow::to_history(flow, e, checkpoint.sequence, checkpoint.at));
    shown.place = static_cast<std::uint32_t>(place);
    if (options_.values && e.kind == flow::event_kind::run_created)
      if (auto added = add_input(r, flow, shown.detail); !added) return added;
    bytes_ += flow::json_size(shown.detail);
  }
  if (!found.empty() || wanted.selects_all()) --left_;
  if (options_.newest_first) std::reverse(found.begin(), found.end());
  std::move(found.begin(), found.end(), std::back_inserter(page_.events));
  return {};
}

void history_query::add_damaged(std::uint64_t checkpoint, const error& why) {
  ++checkpoints_;
  --left_;
  const time_point at = page_.events.empty() ? time_point{} : page_.events.back().at;
  page_.events.push_back(damaged_event(checkpoint, at, why));
}

result<void> history_query::add_input(const reading& r, const flow::compiled_flow& flow,
                                      json& detail) const {
  const auto input = persistence::load_input(*r.now, key_);
  if (!input) return input.error();
  if (!*input) return {};
  detail["input"] = flow::shortened_value(*(*input)->data, flow.allowed().max_history_value_bytes);
  if (!(*input)->started_by.empty()) detail["by"] = (*input)->started_by;
  return {};
}

}  // namespace pawl
