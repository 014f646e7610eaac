#include <pawl/flows.hpp>

#include "flow/definition/definition.hpp"
#include "flow/values/value_check.hpp"
#include "runtime/async.hpp"
#include "runtime/call_size.hpp"
#include "runtime/queries/cursor.hpp"
#include "runtime/queries/flow_lists.hpp"
#include "runtime/queries/flow_queries.hpp"

namespace pawl {

result<flow_stored> scope_flows::put(const json& definition, put_flow_options options) const {
  return await<flow_stored>([&](auto done) { put_async(definition, options, std::move(done)); });
}

void scope_flows::put_async(const json& definition, put_flow_options options,
                            callback<flow_stored> done) const {
  // First: what follows recurses into it.
  if (auto good = flow::check_value(definition, "the flow definition"); !good)
    return done(std::move(good).error());
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
  at_.core->delete_flow(at_.name, name, std::move(done));
}

result<flow_version> scope_flows::get(const flow_name& name, std::optional<version> v) const {
  return flow_queries{*at_.core, at_.name}.get(name, v);
}

void scope_flows::get_async(const flow_name& name, std::optional<version> v,
                            callback<flow_version> done, std::stop_token withdrawn) const {
  read_later(*at_.core, {at_.name, "flows.get", query_cost::point, std::move(withdrawn)},
             std::move(done), [self = *this, name, v] { return self.get(name, v); });
}

result<std::vector<flow_summary>> scope_flows::list() const {
  return read_to_end(flow_list_query{*at_.core, at_.name});
}

void scope_flows::list_async(callback<std::vector<flow_summary>> done,
                             std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "flows.list", query_cost::page, std::move(withdrawn)},
                std::move(done), flow_list_query{*at_.core, at_.name});
}

result<flow_page> scope_flows::list(const flow_filter& filter) const {
  if (auto good = check_limit(filter.limit); !good) return std::move(good).error();
  return read_to_end(flow_page_query{*at_.core, at_.name, filter});
}

void scope_flows::list_async(const flow_filter& filter, callback<flow_page> done,
                             std::stop_token withdrawn) const {
  if (auto good = check_limit(filter.limit); !good) return done(std::move(good).error());
  read_in_turns(at_.core, {at_.name, "flows.list", query_cost::page, std::move(withdrawn)},
                std::move(done), flow_page_query{*at_.core, at_.name, filter});
}

result<std::vector<flow_version>> scope_flows::versions(const flow_name& name) const {
  return read_to_end(version_list_query{*at_.core, at_.name, name});
}

void scope_flows::versions_async(const flow_name& name, callback<std::vector<flow_version>> done,
                                 std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "flows.versions", query_cost::page, std::move(withdrawn)},
                std::move(done), version_list_query{*at_.core, at_.name, name});
}

result<flow_version_page> scope_flows::versions(const flow_name& name,
                                                const flow_filter& filter) const {
  if (auto good = check_limit(filter.limit); !good) return std::move(good).error();
  return read_to_end(version_page_query{*at_.core, at_.name, name, filter, max_page_bytes});
}

void scope_flows::versions_async(const flow_name& name, const flow_filter& filter,
                                 callback<flow_version_page> done,
                                 std::stop_token withdrawn) const {
  if (auto good = check_limit(filter.limit); !good) return done(std::move(good).error());
  read_in_turns(at_.core, {at_.name, "flows.versions", query_cost::page, std::move(withdrawn)},
                std::move(done),
                version_page_query{*at_.core, at_.name, name, filter, max_page_bytes});
}

result<std::vector<diagnostic>> scope_flows::validate(const json& definition) const {
  if (auto good = flow::check_value(definition, "the flow definition"); !good)
    return std::move(good).error();
  return flow_queries{*at_.core, at_.name}.validate(definition);
}

void scope_flows::validate_async(json definition, callback<std::vector<diagnostic>> done,
                                 std::stop_token withdrawn) const {
  const std::uint64_t bytes = call_size(definition);
  read_later(*at_.core, {at_.name, "flows.validate", query_cost::page, std::move(withdrawn), bytes},
             std::move(done), [self = *this, definition = std::move(definition)] {
               return self.validate(definition);
             });
}

}  // namespace pawl
