#include "actors/run_reads.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

#include "flow/machine/machine.hpp"
#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {
namespace {

namespace keys = persistence::keys;
using persistence::column;
using persistence::view;

/// The children of a run in an index.
std::vector<run_id> children_in(const engine_context& context, const view& now, const run_key& key,
                                const view::range& entries,
                                std::optional<keys::parent_and_child> (*decode)(std::string_view)) {
  std::vector<run_id> children;
  const auto scanned =
      now.scan(column::indexes, entries, [&](std::string_view at, std::string_view) {
        auto entry = decode(at);
        if (!entry || entry->parent != key) return view::next::stop;
        children.push_back(std::move(entry->child));
        return view::next::more;
      });
  if (!scanned) context.log->error("cannot list child runs: {}", scanned.error().message);
  return children;
}

}  // namespace

family_question family_of(const flow::run_state& run, const flow::compiled_flow& compiled) {
  const auto& nodes = compiled.nodes();
  const bool starts_runs = std::any_of(
      nodes.begin(), nodes.end(), [](const flow::compiled_node& n) { return n.type == "subflow"; });
  return {run.parent, starts_runs};
}

family_news read_family(const engine_context& context, const view& now, const run_key& key,
                        const family_question& of) {
  family_news news;
  if (of.parent) {
    const run_key parent{key.scope, *of.parent};
    news.orphaned = read_orphan(context, now, key);
    const auto notice = now.get(column::indexes, keys::ended({parent, key.id}));
    news.has_end_notice = notice && *notice;
    const auto record = persistence::load_record(now, parent);
    if (record && *record) {
      const run_status status = (*record)->summary.status;
      news.parent_has_ended = status == run_status::completed || status == run_status::cancelled;
    }
  }
  if (of.starts_runs) {
    // From before all entries of this run.
    news.ended =
        children_in(context, now, key, {keys::ended({key, run_id{}}), keys::ended_children().to},
                    keys::ended_of);
    news.resumed = children_in(context, now, key,
                               {keys::resumed({key, run_id{}}), keys::resumed_children().to},
                               keys::resumed_of);
  }
  return news;
}

result<std::optional<stored_run>> read_run(engine_context& context, const view& now,
                                           const run_key& key) {
  auto found = persistence::load_run(now, key);
  if (!found) return std::move(found).error();
  if (!*found) return std::optional<stored_run>{};
  auto& [state, size] = **found;
  auto compiled = context.flows.get(now, key.scope, state.flow);
  if (!compiled) return std::move(compiled).error();
  family_news family;
  if (const auto question = family_of(state, **compiled); question.has_family())
    family = read_family(context, now, key, question);
  persistence::run_recorder recorder{state, **compiled, size};
  return std::optional{
      stored_run{{std::move(state), *std::move(compiled), std::move(recorder)}, std::move(family)}};
}

std::optional<flow::abandoned_child> read_orphan(const engine_context& context, const view& now,
                                                 const run_key& key) {
  const auto entry = now.get(column::indexes, keys::orphaned_run(key));
  if (!entry || !*entry) return std::nullopt;
  auto how = persistence::decode_orphan(**entry);
  if (how) return *std::move(how);
  context.log->error("an index entry is damaged: {}", how.error().message);
  return std::nullopt;
}

std::optional<child_end> read_child_end(const view& now, const run_key& child) {
  const auto record = persistence::load_record(now, child);
  if (!record) return child_end{{}, {}, record.error()};
  if (!*record) {
    return child_end{{}, {}, error{errc::not_found, "run " + child.id.str() + " no longer exists"}};
  }
  const run_summary& summary = (*record)->summary;
  if (!is_finished(summary.status)) return std::nullopt;
  child_end end{(*record)->parent_attempt, summary.created_at, failed_child(summary)};
  if (summary.status != run_status::completed) return end;
  auto found = persistence::load_run(now, child);
  if (!found) {
    end.data = std::move(found).error();
  } else if (*found) {
    end.data = what_it_gives((*found)->state);
  } else {
    end.data = error{errc::corrupt, "run " + child.id.str() + " has a record but no state"};
  }
  return end;
}

result<void> check_parent_waits(engine_context& context, const view& now, const run_key& key,
                                const run_id& parent) {
  const auto found = persistence::load_run(now, {key.scope, parent});
  if (!found) return found.error();
  if (!*found) return {};  // it is a run of its own now
  const flow::run_state& of = (*found)->state;
  const auto compiled = context.flows.get(now, key.scope, of.flow);
  if (!compiled) return compiled.error();
  if (of.status != run_status::completed && of.status != run_status::cancelled &&
      !of.compensating && flow::find_visit_of(**compiled, of, key.id) != nullptr)
    return {};
  return error{errc::illegal_transition,
               "cannot retry run " + key.id.str() + ": its parent, run " + parent.str() +
                   ", no longer waits for it. Allowed: set-data, restart"};
}

}  // namespace pawl::actors
