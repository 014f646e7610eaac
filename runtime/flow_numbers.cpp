#include <pawl/flow_numbers.hpp>
#include <pawl/scope.hpp>

#include "persistence/flow_numbers.hpp"
#include "runtime/async.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {
namespace {

using persistence::find_label;
using persistence::find_number;
using persistence::find_numbers;

/// The numbers of those versions, if all have some.
result<std::optional<std::vector<flow_numbers>>> read_all_numbers(
    const engine_core& core, const scope_name& in, const std::vector<flow_version_id>& ids) {
  const auto r = begin_reading(core);
  if (!r) return r.error();
  std::vector<flow_numbers> found;
  for (const auto& id : ids) {
    auto numbers = find_numbers(*r->now, in, id);
    if (!numbers) return std::move(numbers).error();
    if (!*numbers) return std::optional<std::vector<flow_numbers>>{};
    found.push_back(**std::move(numbers));
  }
  return std::optional{std::move(found)};
}

/// A version that was found, or the error that nothing is what `what` says.
result<flow_numbers> found_or(result<std::optional<flow_numbers>> found, const std::string& what) {
  if (!found) return std::move(found).error();
  if (!*found) return error{errc::not_found, "no such version: " + what};
  return **std::move(found);
}

}  // namespace

scope_flow_numbers::scope_flow_numbers(const scope& in) : at_(in.ref()) {}

void scope_flow_numbers::number_async(std::vector<flow_version_id> ids,
                                      callback<std::vector<flow_numbers>> done) const {
  const query_call call{at_.name, "flows.numbers"};
  auto shared = std::make_shared<const std::vector<flow_version_id>>(std::move(ids));
  read_later<std::optional<std::vector<flow_numbers>>>(
      *at_.core, call,
      [at = at_, shared, done](result<std::optional<std::vector<flow_numbers>>> known) {
        if (!known) return done(std::move(known).error());
        if (*known) return done(**std::move(known));
        std::vector<flow_numbers_change> changes;
        for (const auto& id : *shared) changes.push_back({id});
        at.core->number_flows(at.name, std::move(changes), done);
      },
      [core = at_.core, in = at_.name, shared] { return read_all_numbers(*core, in, *shared); });
}

void scope_flow_numbers::change_async(flow_numbers_change what, callback<flow_numbers> done) const {
  at_.core->number_flows(at_.name, {std::move(what)},
                         [done](result<std::vector<flow_numbers>> changed) {
                           if (!changed) return done(std::move(changed).error());
                           done(std::move(changed->front()));
                         });
}

void scope_flow_numbers::find_async(std::uint64_t version, callback<flow_numbers> done,
                                    std::stop_token withdrawn) const {
  read_later(*at_.core, {at_.name, "flows.numbers", query_cost::point, std::move(withdrawn)},
             std::move(done), [core = at_.core, in = at_.name, version]() -> result<flow_numbers> {
               const auto r = begin_reading(*core);
               if (!r) return r.error();
               return found_or(find_number(*r->now, in, version), std::to_string(version));
             });
}

void scope_flow_numbers::find_label_async(flow_name flow, std::string label,
                                          callback<flow_numbers> done,
                                          std::stop_token withdrawn) const {
  read_later(*at_.core, {at_.name, "flows.numbers", query_cost::point, std::move(withdrawn)},
             std::move(done),
             [core = at_.core, in = at_.name, flow, label]() -> result<flow_numbers> {
               const auto r = begin_reading(*core);
               if (!r) return r.error();
               return found_or(find_label(*r->now, in, flow, label), flow.str() + "@" + label);
             });
}

}  // namespace pawl
