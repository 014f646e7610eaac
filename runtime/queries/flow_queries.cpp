#include "runtime/queries/flow_queries.hpp"

#include <limits>
#include <utility>

#include "actors/engine_context.hpp"
#include "flow/definition/compiled.hpp"
#include "functions/builtins/arguments.hpp"
#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"
#include "persistence/run_list.hpp"
#include "persistence/runs.hpp"
#include "runtime/core.hpp"
#include "runtime/queries/cursor.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {
namespace {

using persistence::column;
using persistence::view;

result<persistence::flow_head> head_of(const view& from, const scope_name& in,
                                       const flow_name& name) {
  auto bytes = from.get(column::flows, persistence::keys::flow_head(in, name));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return persistence::no_such_flow(name);
  auto head = persistence::decode_flow_head(**bytes);
  if (head && head->deleted) return persistence::no_such_flow(name);
  return head;
}

flow_version describe(const persistence::flow_record& record, flow_version_id id,
                      const persistence::flow_head& head) {
  return {id, head.published == id.version, record.created_at, record.definition};
}

/// The version at the end of a flow version's key.
std::optional<version> version_of(std::string_view key) {
  if (key.size() < 12) return std::nullopt;
  std::uint32_t numbers[3] = {};
  for (int i = 0; i < 12; ++i)
    numbers[i / 4] = numbers[i / 4] << 8 | static_cast<unsigned char>(key[key.size() - 12 + i]);
  return version{numbers[0], numbers[1], numbers[2]};
}

/// Reads at most `limit` flows of a scope, from the cursor on.
result<flow_page> read_flows(const view& now, const scope_name& in, const std::string& cursor,
                             std::size_t limit) {
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
        if (page.flows.size() == limit) {
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

/// The conflict of deleting a flow that this run uses.
error in_use(const flow_name& name, const run_id& run, run_status status) {
  return {errc::conflict, "cannot delete flow " + name.str() + ": run " + run.str() +
                              " uses it and is " + std::string{to_string(status)} +
                              ". Cancel the run, or wait until it finishes"};
}

}  // namespace

result<flow_version> flow_queries::get(const flow_name& name, std::optional<version> v) const {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  const auto head = head_of(*r->now, in_, name);
  if (!head) return head.error();
  if (!v) {
    const auto published = actors::flow_cache::published(*r->now, in_, name);
    if (!published) return published.error();
    v = *published;
  }
  const flow_version_id id{name, *v};
  auto bytes = r->now->get(column::flows, persistence::keys::flow_version(in_, id));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return persistence::no_such_version(id);
  const auto record = persistence::decode_flow(**bytes);
  if (!record) return record.error();
  return describe(*record, id, *head);
}

result<std::vector<flow_summary>> flow_queries::list() const {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  auto all = read_flows(*r->now, in_, {}, std::numeric_limits<std::size_t>::max());
  if (!all) return std::move(all).error();
  return std::move(all->flows);
}

result<flow_page> flow_queries::list(const flow_filter& filter) const {
  if (auto good = check_limit(filter.limit); !good) return std::move(good).error();
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  return read_flows(*r->now, in_, filter.cursor, filter.limit);
}

result<std::vector<flow_version>> flow_queries::versions(const flow_name& name) const {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  const auto head = head_of(*r->now, in_, name);
  if (!head) return head.error();
  std::vector<flow_version> versions;
  std::optional<error> failure;
  const auto scanned = r->now->scan(column::flows, persistence::keys::flow_versions(in_, name),
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

result<std::vector<diagnostic>> flow_queries::validate(const json& definition) const {
  const auto context = core_.running();
  if (!context) return core_.closed();
  auto compiled = flow::compile(definition, version{1, 0, 0}, context->flows.allowed());
  if (compiled.flow) {
    for (const auto& ref : compiled.flow->code_refs())
      if (const auto found = core_.functions->find(in_, ref); !found)
        compiled.diagnostics.push_back(
            {severity::warning, "", "unknown_function", found.error().message});
    functions::check_built_in_calls(compiled.source, compiled.diagnostics);
  }
  return std::move(compiled.diagnostics);
}

result<void> flow_queries::check_unused(const flow_name& name) const {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  for (const auto status : {run_status::running, run_status::paused}) {
    persistence::run_list runs{*r->now, in_, status};
    while (true) {
      const auto next = runs.next();
      if (!next) return next.error();
      if (!*next) break;
      if ((*next)->run.flow.name == name) return in_use(name, (*next)->run.key.id, status);
    }
  }
  return {};
}

result<void> check_flow_exists(const persistence::view& now, const scope_name& in,
                               const flow_name& name) {
  const auto head = head_of(now, in, name);
  if (!head) return head.error();
  return {};
}

}  // namespace pawl
