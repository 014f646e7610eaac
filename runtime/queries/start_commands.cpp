#include "runtime/queries/start_commands.hpp"

#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include <pawl/detail/utf8.hpp>

#include "actors/engine_context.hpp"
#include "actors/run_files.hpp"
#include "flow/machine/start_values.hpp"
#include "flow/values/json_size.hpp"
#include "flow/values/value_check.hpp"
#include "persistence/not_found.hpp"
#include "persistence/runs.hpp"
#include "persistence/store.hpp"
#include "runtime/core.hpp"
#include "runtime/queries/reading.hpp"
#include "runtime/queries/state_query.hpp"

namespace pawl {
namespace {

constexpr std::size_t max_key_bytes = 512;
constexpr std::size_t max_sender_bytes = 256;

/// The id that the options name, or a new one.
result<run_id> id_of(const start_options& options, const engine_core& core, time_point now) {
  if (options.id && !options.key.empty())
    return error{errc::invalid_argument, "a start takes an id or a key, not both"};
  if (options.key.size() > max_key_bytes)
    return error{errc::invalid_argument, "the key of a start must be at most 512 bytes"};
  if (options.id) return parse_new_run_id(options.id->str());
  return options.key.empty() ? core.ids->next(now) : id_of_key(options.key);
}

error no_input(const run_key& key) {
  return {errc::corrupt, "run " + key.id.str() + " has no record of its input"};
}

/// What distinguishes a start besides its flow and its input.
json with_attributes(const json& metadata, const attribute_map& attributes) {
  if (attributes.empty()) return metadata;
  return json::array({metadata, attributes_to_json(attributes)});
}

/// What a restart and a fork take over from the other run.
void inherit(start_options& options, const flow::run_input& from) {
  if (options.metadata.is_object() && options.metadata.empty()) options.metadata = from.metadata;
  if (options.attributes.empty()) options.attributes = from.attributes;
}

/// Keeps the files of a run for another one that is started from it. Those of a form are in the
/// folder of the run that the form started, which a subflow has as its parent, or above it.
void share_files(const actors::engine_context& open, const persistence::view& now, run_key of,
                 const run_key& with) {
  while (true) {
    open.files->share(of, with);
    const auto record = persistence::load_record(now, of);
    if (!record) {
      return open.log->warn("cannot find the uploads of the runs above run {}: {}", of.id.str(),
                            record.error().message);
    }
    if (!*record || !(*record)->summary.parent) return;
    of.id = *(*record)->summary.parent;
  }
}

/// `restarted`: the run to start again. Its flow version exists, even if the flow is deleted.
result<resolvable_start> make_command(const engine_core& core, const scope_name& in,
                                      std::string_view flow, const json& input,
                                      start_options options, const run_id* restarted) {
  auto name = parse_flow_name(flow);
  if (!name) return std::move(name).error();
  const auto open = core.running();
  if (!open) return core.closed();
  // First: the fingerprint recurses into both.
  if (auto good = flow::check_start_values(input, options.metadata); !good)
    return std::move(good).error();
  if (auto good = check_sender(options.by); !good) return std::move(good).error();
  const std::uint64_t max_metadata = core.settings.run.max_metadata_bytes;
  if (const auto bytes = flow::json_size(options.metadata); bytes > max_metadata) {
    return error{errc::limit_exceeded,
                 "the metadata has about " + std::to_string(bytes) + " bytes; the maximum is " +
                     std::to_string(max_metadata) + " (run.max_metadata_bytes)"};
  }
  if (auto good = check_attributes(options.attributes); !good) return std::move(good).error();
  auto id = id_of(options, core, open->clock->now());
  if (!id) return std::move(id).error();
  flow::start_command start;
  start.key = {in, *std::move(id)};
  start.id_is_new = !options.id && options.key.empty();
  start.flow.name = *std::move(name);
  start.fingerprint =
      start_fingerprint(flow, options.version ? to_string(*options.version) : std::string{}, input,
                        with_attributes(options.metadata, options.attributes));
  actors::wanted_version which{actors::start_version::published};
  if (options.version) {
    const bool may_be_deleted = restarted != nullptr && options.version->is_single();
    which = {may_be_deleted ? actors::start_version::given : actors::start_version::of_live_flow,
             *options.version};
  }
  start.input = input.is_null() ? json::object() : input;
  start.metadata = std::move(options.metadata);
  start.attributes = std::move(options.attributes);
  start.trace = options.trace;
  start.by = std::move(options.by);
  start.paused = options.paused;
  if (restarted != nullptr) {
    start.restarted_from = *restarted;
    if (open->files) share_files(*open, *open->store->durable_view(), {in, *restarted}, start.key);
  }
  return resolvable_start{std::move(start), which};
}

}  // namespace

result<void> check_sender(std::string_view by) {
  if (by.size() <= max_sender_bytes && detail::valid_utf8_prefix(by) == by.size()) return {};
  return error{errc::invalid_argument,
               "who starts a run or sends it a command is named by UTF-8 text of at most " +
                   std::to_string(max_sender_bytes) + " bytes"};
}

result<resolvable_start> make_start(const engine_core& core, const scope_name& in,
                                    std::string_view flow, const json& input,
                                    start_options options) {
  return make_command(core, in, flow, input, std::move(options), nullptr);
}

result<resolvable_start> make_restart(const engine_core& core, const run_key& key,
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
  if (!*input) return no_input(key);
  if (!options.version) options.version = old.flow.version;
  inherit(options, **input);
  return make_command(core, key.scope, old.flow.name.str(), *(*input)->data, std::move(options),
                      &key.id);
}

result<resolvable_start> make_fork(const engine_core& core, const found_state& from,
                                   const fork_options& options) {
  const flow::run_state& state = *from.state;
  if (options.start.version)
    return error{errc::invalid_argument, "a fork has the flow version of its run: name none"};
  if (options.start.paused)
    return error{errc::invalid_argument, "a fork cannot be created paused: pause it afterwards"};
  // First: the fingerprint recurses into it.
  if (auto good = flow::check_value(options.data, "the new data"); !good)
    return std::move(good).error();
  const auto r = begin_reading(core);
  if (!r) return r.error();
  const auto input = persistence::load_input(*r->now, state.key);
  if (!input) return input.error();
  if (!*input) return no_input(state.key);
  start_options start = options.start;
  start.version = state.flow.version;
  inherit(start, **input);
  if (start.metadata.is_object()) {
    start.metadata["forked_from"] = {{"run", state.key.id.str()}, {"checkpoint", state.sequence}};
  }
  auto request = make_command(core, state.key.scope, state.flow.name.str(), *(*input)->data,
                              std::move(start), &state.key.id);
  if (!request) return request;
  flow::start_command& command = request->command;
  command.forked = from.state;
  command.forked_data = options.data;
  command.fingerprint = start_fingerprint(state.flow.name.str(), to_string(state.flow.version),
                                          json::array({command.input, options.data}),
                                          with_attributes(command.metadata, command.attributes));
  return request;
}

}  // namespace pawl
