#include <pawl/flows.hpp>

#include "flow/definition/definition.hpp"
#include "runtime/async.hpp"
#include "runtime/queries/flow_queries.hpp"

namespace pawl {

result<flow_stored> scope_flows::put(const json& definition, put_flow_options options) const {
  return await<flow_stored>([&](auto done) { put_async(definition, options, std::move(done)); });
}

void scope_flows::put_async(const json& definition, put_flow_options options,
                            callback<flow_stored> done) const {
  at_.core->put_flow(at_.name, definition, options, std::move(done));
}

result<flow_stored> scope_flows::put_text(std::string_view text, put_flow_options options) const {
  return await<flow_stored>([&](auto done) { put_text_async(text, options, std::move(done)); });
}

void scope_flows::put_text_async(std::string_view text, put_flow_options options,
                                 callback<flow_stored> done) const {
  const auto& limits = at_.core->settings.flow;
  const auto definition =
      flow::parse_json(text, "the flow definition", limits.max_bytes, limits.max_depth);
  if (!definition) return done(definition.error());
  put_async(*definition, options, std::move(done));
}

result<void> scope_flows::publish(const flow_version_id& id) const {
  return await<void>([&](auto done) { publish_async(id, std::move(done)); });
}

void scope_flows::publish_async(const flow_version_id& id, callback<void> done) const {
  at_.core->publish_flow(at_.name, id, std::move(done));
}

result<void> scope_flows::remove(const flow_name& name) const {
  return await<void>([&](auto done) { remove_async(name, std::move(done)); });
}

void scope_flows::remove_async(const flow_name& name, callback<void> done) const {
  at_.core->read_later(
      [core = at_.core, in = at_.name, name, done = std::move(done)](const result<void>& ready) {
        if (!ready) return done(ready);
        if (auto unused = flow_queries{*core, in}.check_unused(name); !unused)
          return done(std::move(unused).error());
        core->delete_flow(in, name, done);
      });
}

result<flow_version> scope_flows::get(const flow_name& name, std::optional<version> v) const {
  return flow_queries{*at_.core, at_.name}.get(name, v);
}

void scope_flows::get_async(const flow_name& name, std::optional<version> v,
                            callback<flow_version> done) const {
  read_later(*at_.core, std::move(done), [self = *this, name, v] { return self.get(name, v); });
}

result<std::vector<flow_summary>> scope_flows::list() const {
  return flow_queries{*at_.core, at_.name}.list();
}

void scope_flows::list_async(callback<std::vector<flow_summary>> done) const {
  read_later(*at_.core, std::move(done), [self = *this] { return self.list(); });
}

result<flow_page> scope_flows::list(const flow_filter& filter) const {
  return flow_queries{*at_.core, at_.name}.list(filter);
}

void scope_flows::list_async(const flow_filter& filter, callback<flow_page> done) const {
  read_later(*at_.core, std::move(done), [self = *this, filter] { return self.list(filter); });
}

result<std::vector<flow_version>> scope_flows::versions(const flow_name& name) const {
  return flow_queries{*at_.core, at_.name}.versions(name);
}

void scope_flows::versions_async(const flow_name& name,
                                 callback<std::vector<flow_version>> done) const {
  read_later(*at_.core, std::move(done), [self = *this, name] { return self.versions(name); });
}

result<std::vector<diagnostic>> scope_flows::validate(const json& definition) const {
  return flow_queries{*at_.core, at_.name}.validate(definition);
}

void scope_flows::validate_async(json definition, callback<std::vector<diagnostic>> done) const {
  read_later(*at_.core, std::move(done), [self = *this, definition = std::move(definition)] {
    return self.validate(definition);
  });
}

}  // namespace pawl
