#include "runtime/queries/flow_queries.hpp"

#include <utility>

#include "actors/engine_context.hpp"
#include "actors/flow_heads.hpp"
#include "flow/definition/compiled.hpp"
#include "functions/builtins/arguments.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"
#include "persistence/runs.hpp"
#include "runtime/core.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {
flow_version describe(persistence::flow_record record, flow_version_id id,
                      const persistence::flow_head& head) {
  const bool published = head.published == id.version;
  return {std::move(id), published, record.created_at, std::move(record.definition),
          std::move(record.written)};
}

result<flow_version> flow_queries::get(const flow_name& name, std::optional<version> v) const {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  const auto head = actors::read_flow_head(*r->now, in_, name);
  if (!head) return head.error();
  if (!v) {
    const auto published = actors::published_version(*head, name);
    if (!published) return published.error();
    v = *published;
  }
  const flow_version_id id{name, *v};
  auto bytes = r->now->get(persistence::column::flows, persistence::keys::flow_version(in_, id));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return persistence::no_such_version(id);
  auto record = persistence::decode_flow(**bytes);
  if (!record) return std::move(record).error();
  return describe(*std::move(record), id, *head);
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
    functions::check_built_in_calls(compiled);
  }
  return std::move(compiled.diagnostics);
}

}  // namespace pawl
