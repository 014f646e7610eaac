#include "actors/engine_context.hpp"
#include "flow/definition/compiled.hpp"
#include "persistence/keys.hpp"
#include "persistence/runs.hpp"
#include "runtime/queries.hpp"

namespace pawl {

result<std::vector<diagnostic>> queries::validate_flow(const scope_name& in,
                                                       const json& definition) const {
  const auto context = core_.running();
  if (!context) return core_.closed();
  auto compiled = flow::compile(definition, version{1, 0, 0}, context->flows.allowed());
  if (compiled.flow) {
    for (const auto& ref : compiled.flow->code_refs())
      if (const auto found = core_.functions->find(in, ref); !found)
        compiled.diagnostics.push_back(
            {severity::warning, "", "unknown_function", found.error().message});
  }
  return std::move(compiled.diagnostics);
}

result<void> queries::flow_is_unused(const scope_name& in, const flow_name& name) const {
  const auto context = core_.running();
  if (!context) return core_.closed();
  const auto now = context->store->durable_view();
  std::optional<error> failure;
  for (const auto status : {run_status::pending, run_status::running, run_status::paused}) {
    const auto scanned = now->scan(
        persistence::column::indexes, persistence::keys::runs_by_status(in, status),
        [&](std::string_view key, std::string_view) {
          const auto run = persistence::keys::run_of(key);
          if (!run) return persistence::view::next::more;
          const auto record = persistence::load_record(*now, *run);
          if (!record) {
            failure = record.error();
          } else if (*record && (*record)->summary.flow.name == name) {
            failure = error{errc::conflict, "flow \"" + name.str() + "\" is used by run " +
                                                run->id.str() + ", which is " +
                                                std::string{to_string(status)} +
                                                "; wait for its end, or cancel it"};
          }
          return failure ? persistence::view::next::stop : persistence::view::next::more;
        });
    if (!scanned) return scanned.error();
    if (failure) return *failure;
  }
  return {};
}

result<engine_load> queries::load() const {
  const auto context = core_.running();
  if (!context) return core_.closed();
  const auto calls = context->executor->current_load();
  return engine_load{context->active_runs.used(), context->commands.used(), calls.queued,
                     calls.running, calls.stuck};
}

}  // namespace pawl
