#include "runtime/queries/start_commands.hpp"

#include <string>
#include <utility>

#include "actors/engine_context.hpp"
#include "flow/machine/start_values.hpp"
#include "persistence/not_found.hpp"
#include "persistence/runs.hpp"
#include "runtime/core.hpp"
#include "runtime/queries/flow_queries.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {
namespace {

constexpr std::size_t max_key_bytes = 512;

/// The id that the options name, or a new one.
result<run_id> id_of(const start_options& options, const engine_core& core, time_point now) {
  if (options.id && !options.key.empty())
    return error{errc::invalid_argument, "a start takes an id or a key, not both"};
  if (options.key.size() > max_key_bytes)
    return error{errc::invalid_argument, "the key of a start must be at most 512 bytes"};
  if (options.id) return parse_new_run_id(options.id->str());
  return options.key.empty() ? core.ids->next(now) : id_of_key(options.key);
}

/// The version that a start uses: the wanted one, else the published one. Errors: `not_found`, also
/// for a deleted flow, unless a run is restarted.
result<version> version_to_start(const persistence::view& now, const scope_name& in,
                                 const flow_name& flow, const std::optional<version>& wanted,
                                 const run_id* restarted) {
  if (!wanted) return actors::flow_cache::published(now, in, flow);
  if (restarted == nullptr)
    if (auto good = check_flow_exists(now, in, flow); !good) return std::move(good).error();
  return *wanted;
}

/// `restarted`: the run to start again. Its flow version exists, even if the flow is deleted.
result<flow::start_command> make_command(const engine_core& core, const scope_name& in,
                                         std::string_view flow, const json& input,
                                         start_options options, const run_id* restarted) {
  auto name = parse_flow_name(flow);
  if (!name) return std::move(name).error();
  const auto r = begin_reading(core);
  if (!r) return r.error();
  // First: the fingerprint recurses into both.
  if (auto good = flow::check_start_values(input, options.metadata); !good)
    return std::move(good).error();
  auto id = id_of(options, core, r->context->clock->now());
  if (!id) return std::move(id).error();
  flow::start_command start;
  start.key = {in, *std::move(id)};
  start.flow.name = *std::move(name);
  start.fingerprint = start_fingerprint(
      flow, options.version ? to_string(*options.version) : std::string{}, input, options.metadata);
  auto version = version_to_start(*r->now, in, start.flow.name, options.version, restarted);
  if (!version) {
    // A repeated start returns its run, even if the flow has been deleted since.
    const bool may_exist = options.id || !options.key.empty();
    if (version.error().code != errc::not_found || !may_exist) return std::move(version).error();
    const auto existing = persistence::load_record(*r->now, start.key);
    if (!existing) return existing.error();
    if (!*existing) return std::move(version).error();
    version = (*existing)->summary.flow.version;
  }
  start.flow.version = *version;
  start.input = input.is_null() ? json::object() : input;
  start.metadata = std::move(options.metadata);
  start.trace = options.trace;
  if (restarted != nullptr) start.restarted_from = *restarted;
  return start;
}

}  // namespace

result<flow::start_command> make_start(const engine_core& core, const scope_name& in,
                                       std::string_view flow, const json& input,
                                       start_options options) {
  return make_command(core, in, flow, input, std::move(options), nullptr);
}

result<flow::start_command> make_restart(const engine_core& core, const run_key& key,
                                         start_options options) {
  const auto r = begin_reading(core);
  if (!r) return r.error();
  const auto record = persistence::load_record(*r->now, key);
  if (!record) return record.error();
  if (!*record) return persistence::no_such_run(key.id);
  const run_summary& old = (*record)->summary;
  if (!is_finished(old.status)) {
    return error{errc::illegal_transition, "cannot restart run " + key.id.str() + ": it is " +
                                               std::string{to_string(old.status)} +
                                               ". Cancel it, or wait until it finishes"};
  }
  const auto input = persistence::load_input(*r->now, key);
  if (!input) return input.error();
  if (!*input) return error{errc::corrupt, "run " + key.id.str() + " has no record of its input"};
  if (!options.version) options.version = old.flow.version;
  if (options.metadata.empty()) options.metadata = (*input)->metadata;
  return make_command(core, key.scope, old.flow.name.str(), *(*input)->data, std::move(options),
                      &key.id);
}

}  // namespace pawl
