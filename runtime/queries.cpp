#include "runtime/queries.hpp"

#include <limits>
#include <utility>

#include <pawl/detail/hex.hpp>

#include "actors/ended_run.hpp"
#include "actors/engine_context.hpp"
#include "flow/machine/history.hpp"
#include "flow/machine/machine.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/value_check.hpp"
#include "persistence/codec.hpp"
#include "persistence/journal.hpp"
#include "persistence/keys.hpp"
#include "persistence/runs.hpp"

namespace pawl {
namespace {

using persistence::column;
using persistence::view;

error no_such_run(const run_id& id) {
  return {errc::not_found, "there is no run " + id.str()};
}
error no_such_flow(const std::string& name) {
  return {errc::not_found, "there is no flow \"" + name + "\""};
}

/// The engine's parts and what is durable now, for the time of one read.
struct reading {
  std::shared_ptr<actors::engine_context> context;
  std::shared_ptr<const view> now;
};

result<reading> begin(const engine_core& core) {
  auto context = core.running();
  if (!context) return core.closed();
  auto now = context->store->durable_view();
  return reading{std::move(context), std::move(now)};
}

result<persistence::flow_head> head_of(const view& from, const scope_name& in,
                                       const flow_name& name) {
  auto bytes = from.get(column::flows, persistence::keys::flow_head(in, name));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return no_such_flow(name.str());
  auto head = persistence::decode_flow_head(**bytes);
  if (head && head->deleted) return no_such_flow(name.str());
  return head;
}

flow_version describe(const persistence::flow_record& record, flow_version_id id,
                      const persistence::flow_head& head) {
  return {id, head.published == id.version, record.created_at, record.definition};
}

/// The name and version at the end of a flow version's key.
std::optional<version> version_of(std::string_view key) {
  if (key.size() < 12) return std::nullopt;
  std::uint32_t context[3] = {};
  for (int i = 0; i < 12; ++i)
    context[i / 4] = context[i / 4] << 8 | static_cast<unsigned char>(key[key.size() - 12 + i]);
  return version{context[0], context[1], context[2]};
}

/// A cursor is the index key behind which the next page begins, in hexadecimal.
std::string make_cursor(std::string_view key) {
  return detail::to_hex(key);
}

/// Where the page of a cursor begins. Whatever the caller sends, it stays within the range: a
/// forged cursor shows nothing of another scope.
result<std::string> cursor_key(std::string_view cursor, const view::range& within) {
  auto key = detail::from_hex(cursor);
  if (key) *key += '\0';  // the first key behind it
  if (key && *key >= within.from && *key < within.to) return *std::move(key);
  return error{errc::invalid_argument,
               "that is no cursor of this listing; use the one that the page before gave"};
}

run_view show(const flow::run_state& state, const flow::compiled_flow& compiled) {
  run_view shown{
      flow::summarize(state),
      state.pausing(),
      state.unwinding.has_value(),
      state.sequence,
      state.updated_at,
      *state.data,
      state.metadata,
      {},
      {},
      flow::is_parked(state) && !flow::next_alarm(state) && flow::open_tasks(state).empty()};
  for (const auto& t : state.tokens)
    if (t.phase != flow::token_phase::ended) shown.at.push_back(compiled.at(t.node).id);
  if (is_finished(state.status)) return shown;  // it waits for nothing
  for (const auto& t : state.tokens) {
    const auto& place = compiled.at(t.node);
    if (t.phase == flow::token_phase::waiting) {
      const auto called =
          t.compensates ? place.behaviour->compensation_ref() : place.behaviour->code_ref();
      waiting_on each{place.id, t.task ? "worker" : "function", std::string{called}};
      if (t.child) {
        each.kind = "run";
        each.name = t.child->id.str();
      }
      if (t.can_fire() && t.timer && !state.frozen_at) each.until = t.timer->due;
      shown.waiting_on.push_back(std::move(each));
    } else if (t.phase == flow::token_phase::gathering) {
      shown.waiting_on.push_back({place.id, "branches", ""});
    } else if (t.phase == flow::token_phase::sleeping) {
      const auto signal = place.behaviour->awaited_signal();
      waiting_on each{place.id, "timer", std::string{signal}};
      if (!signal.empty()) each.kind = "signal";
      if (t.question) {
        each.kind = "answer";
        each.name = flow::question_id(place.id, t);
        each.question = *t.question;
      }
      if (t.timer && !state.frozen_at) each.until = t.timer->due;
      shown.waiting_on.push_back(std::move(each));
    }
  }
  return shown;
}

/// At most so many flows of a scope, from where the cursor says.
result<flow_page> read_flows(const view& now, const scope_name& in, const std::string& cursor,
                             std::size_t most) {
  view::range range = persistence::keys::flow_heads(in);
  const std::size_t prefix = range.from.size();
  if (!cursor.empty()) {
    auto from = cursor_key(cursor, range);
    if (!from) return std::move(from).error();
    range.from = *std::move(from);
  }
  flow_page page;
  std::optional<error> failure;
  std::string last;
  const auto scanned =
      now.scan(column::flows, range, [&](std::string_view key, std::string_view bytes) {
        auto head = persistence::decode_flow_head(bytes);
        if (!head) {
          failure = std::move(head).error();
          return view::next::stop;
        }
        if (head->deleted) return view::next::more;
        if (page.flows.size() == most) {
          page.next = make_cursor(last);
          return view::next::stop;
        }
        flow_name name{std::string{key.substr(prefix, key.size() - prefix - 1)}};
        page.flows.push_back({std::move(name), head->latest, head->published});
        last = key;
        return view::next::more;
      });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  return page;
}

/// Records that one page looks at where runs are looked for that have no index of their own.
constexpr std::size_t most_looked_at = 10'000;

}  // namespace

result<flow_version> queries::get_flow(const scope_name& in, const flow_name& name,
                                       std::optional<version> v) const {
  const auto r = begin(core_);
  if (!r) return r.error();
  const auto head = head_of(*r->now, in, name);
  if (!head) return head.error();
  if (!v) v = head->published;
  if (!v) {
    return error{errc::not_found,
                 "flow \"" + name.str() + "\" has no published version; name one, or publish one"};
  }
  const flow_version_id id{name, *v};
  auto bytes = r->now->get(column::flows, persistence::keys::flow_version(in, id));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return error{errc::not_found, "there is no flow " + to_string(id)};
  const auto record = persistence::decode_flow(**bytes);
  if (!record) return record.error();
  return describe(*record, id, *head);
}

result<std::vector<flow_summary>> queries::list_flows(const scope_name& in) const {
  const auto r = begin(core_);
  if (!r) return r.error();
  auto all = read_flows(*r->now, in, {}, std::numeric_limits<std::size_t>::max());
  if (!all) return std::move(all).error();
  return std::move(all->flows);
}

result<flow_page> queries::list_flows(const scope_name& in, const flow_filter& filter) const {
  if (filter.limit < 1 || filter.limit > 1000) {
    return error{errc::invalid_argument,
                 "a page has 1 to 1000 flows, not " + std::to_string(filter.limit)};
  }
  const auto r = begin(core_);
  if (!r) return r.error();
  return read_flows(*r->now, in, filter.cursor, filter.limit);
}

result<std::vector<flow_version>> queries::flow_versions(const scope_name& in,
                                                         const flow_name& name) const {
  const auto r = begin(core_);
  if (!r) return r.error();
  const auto head = head_of(*r->now, in, name);
  if (!head) return head.error();
  std::vector<flow_version> versions;
  std::optional<error> failure;
  const auto scanned = r->now->scan(column::flows, persistence::keys::flow_versions(in, name),
                                    [&](std::string_view key, std::string_view bytes) {
                                      auto record = persistence::decode_flow(bytes);
                                      if (!record) {
                                        failure = std::move(record).error();
                                        return view::next::stop;
                                      }
                                      const auto v = version_of(key).value_or(version{});
                                      versions.push_back(describe(*record, {name, v}, *head));
                                      return view::next::more;
                                    });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  return versions;
}

result<run_view> queries::get(const run_key& key) const {
  const auto r = begin(core_);
  if (!r) return r.error();
  const auto run = persistence::load_run(*r->now, key);
  if (!run) return run.error();
  if (!*run) return no_such_run(key.id);
  const auto compiled = r->context->flows.get(*r->now, key.scope, (*run)->flow);
  if (!compiled) return compiled.error();
  return show(**run, **compiled);
}

result<run_view> queries::view_of(const actors::ended_run& over) const {
  if (!over.state) return get(over.summary.key);
  const auto r = begin(core_);
  if (!r) return r.error();
  const auto compiled = r->context->flows.get(*r->now, over.summary.key.scope, over.state->flow);
  if (!compiled) return compiled.error();
  return show(*over.state, **compiled);
}

result<run_page> queries::list(const scope_name& in, const run_filter& filter) const {
  if (filter.limit < 1 || filter.limit > 1000) {
    return error{errc::invalid_argument,
                 "a page has 1 to 1000 runs, not " + std::to_string(filter.limit)};
  }
  const auto r = begin(core_);
  if (!r) return r.error();
  view::range range = filter.status ? persistence::keys::runs_by_status(in, *filter.status)
                                    : persistence::keys::runs_by_creation(in);
  if (!filter.cursor.empty()) {
    auto from = cursor_key(filter.cursor, range);
    if (!from) return std::move(from).error();
    range.from = *std::move(from);
  }
  run_page page;
  std::optional<error> failure;
  std::string last;
  std::size_t looked_at = 0;
  const auto scanned =
      r->now->scan(column::indexes, range, [&](std::string_view key, std::string_view) {
        if (page.runs.size() == filter.limit || looked_at == most_looked_at) {
          page.next = make_cursor(last);
          return view::next::stop;
        }
        const auto run = persistence::keys::run_of(key);
        auto record = run ? persistence::load_record(*r->now, *run)
                          : result<std::optional<persistence::run_record>>{
                                error{errc::corrupt, "an index entry names no run"}};
        if (!record || !*record) {
          failure = record ? error{errc::corrupt,
                                   "the index names run " + run->id.str() + ", which is not there"}
                           : std::move(record).error();
          return view::next::stop;
        }
        ++looked_at;
        last = key;
        auto& found = (*record)->summary;
        if (!filter.flow || found.flow.name == *filter.flow) page.runs.push_back(std::move(found));
        return view::next::more;
      });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  return page;
}

result<std::vector<run_count>> queries::counts(const scope_name& in) const {
  const auto r = begin(core_);
  if (!r) return r.error();
  std::vector<run_count> counts;
  for (const auto status : all_run_statuses) {
    const auto sum = r->now->counter(persistence::keys::runs_with_status(in, status));
    if (!sum) return sum.error();
    counts.push_back({status, static_cast<std::uint64_t>(*sum)});
  }
  return counts;
}

result<event_page> queries::events(const scope_name& in, std::optional<journal_position> after,
                                   std::size_t limit) const {
  if (limit < 1 || limit > 1000) {
    return error{errc::invalid_argument,
                 "events are read of 1 to 1000 transitions at once, not " + std::to_string(limit)};
  }
  const auto r = begin(core_);
  if (!r) return r.error();
  const auto journal = persistence::read_journal(*r->now, in, after, limit);
  if (!journal) return journal.error();
  event_page page;
  page.next = journal->next;
  page.lost = journal->lost;
  for (const auto& [place, entry] : journal->entries) {
    const auto told = history(entry.run, entry.checkpoint, 1);
    // A run that was cleaned up has nothing to tell any more.
    if (!told && told.error().code == errc::not_found) continue;
    if (!told) return told.error();
    journal_position position = place;
    for (const auto& each : *told) {
      if (each.checkpoint == entry.checkpoint && (!after || position > *after))
        page.events.push_back({position, entry.run.id, each});
      ++position.event;
    }
  }
  return page;
}

result<std::vector<history_event>> queries::history(const run_key& key, std::uint64_t first,
                                                    std::size_t limit) const {
  const auto r = begin(core_);
  if (!r) return r.error();
  const auto record = persistence::load_record(*r->now, key);
  if (!record) return record.error();
  if (!*record) return no_such_run(key.id);
  const auto compiled = r->context->flows.get(*r->now, key.scope, (*record)->summary.flow);
  if (!compiled) return compiled.error();
  const auto checkpoints = persistence::load_history(*r->now, key, first, limit);
  if (!checkpoints) return checkpoints.error();
  std::vector<history_event> events;
  for (const auto& c : *checkpoints)
    for (const auto& e : c.events)
      events.push_back(flow::to_history(**compiled, e, c.sequence, c.at));
  return events;
}

result<flow::start_command> queries::make_start(const scope_name& in, std::string_view flow,
                                                const json& input, start_options options) const {
  return make_start(in, flow, input, std::move(options), false);
}

result<flow::start_command> queries::make_start(const scope_name& in, std::string_view flow,
                                                const json& input, start_options options,
                                                bool known) const {
  auto name = parse_flow_name(flow);
  if (!name) return std::move(name).error();
  const auto r = begin(core_);
  if (!r) return r.error();
  if (options.id && !options.key.empty())
    return error{errc::invalid_argument, "give a run an id or a key, not both"};
  if (options.key.size() > 512)
    return error{errc::invalid_argument, "a start's key has at most 512 bytes"};
  // Before anything walks through them that has no limit.
  if (auto good = flow::check_value(input, "the input"); !good) return std::move(good).error();
  if (auto good = flow::check_value(options.metadata, "the metadata"); !good)
    return std::move(good).error();
  flow::start_command start;
  start.key.scope = in;
  if (options.id) {
    auto id = parse_run_id(options.id->str());
    if (!id) return std::move(id).error();
    start.key.id = *std::move(id);
  } else {
    start.key.id =
        options.key.empty() ? core_.ids->next(r->context->clock->now()) : id_of_key(options.key);
  }
  start.flow.name = *std::move(name);
  start.fingerprint = start_fingerprint(
      flow, options.version ? to_string(*options.version) : std::string{}, input, options.metadata);
  if (options.version) {
    if (!known) {
      if (const auto head = head_of(*r->now, in, start.flow.name); !head) return head.error();
    }
    start.flow.version = *options.version;
  } else {
    const auto published = actors::flow_cache::published(*r->now, in, start.flow.name);
    if (!published) return published.error();
    start.flow.version = *published;
  }
  start.input = input.is_null() ? json::object() : input;
  start.metadata = std::move(options.metadata);
  start.trace = options.trace;
  return start;
}

result<flow::start_command> queries::make_restart(const run_key& key, start_options options) const {
  const auto r = begin(core_);
  if (!r) return r.error();
  const auto record = persistence::load_record(*r->now, key);
  if (!record) return record.error();
  if (!*record) return no_such_run(key.id);
  const run_summary& old = (*record)->summary;
  if (!is_finished(old.status)) {
    return error{errc::illegal_transition, "cannot restart run " + key.id.str() + ": it is " +
                                               std::string{to_string(old.status)} +
                                               "; cancel it first, or wait for its end"};
  }
  // A run's first checkpoint is made before any step: its data is the input.
  const auto first = persistence::load_run(*r->now, key, 1);
  if (!first) return first.error();
  if (!*first) return error{errc::corrupt, "run " + key.id.str() + " has no first checkpoint"};
  if (!options.version) options.version = old.flow.version;
  if (options.metadata.empty()) options.metadata = (*first)->metadata;
  auto start =
      make_start(key.scope, old.flow.name.str(), *(*first)->data, std::move(options), true);
  if (start) start->restarted_from = key.id;
  return start;
}

std::shared_ptr<subscription> queries::watch(run_key of, std::size_t capacity) const {
  if (core_.is_alive()) return core_.telemetry->events.subscribe(std::move(of), capacity);
  auto ended = std::make_shared<subscription>(std::move(of), capacity);
  ended->end();
  return ended;
}

}  // namespace pawl
