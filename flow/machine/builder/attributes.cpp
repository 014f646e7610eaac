#include "flow/machine/builder/attributes.hpp"

#include <optional>
#include <string>
#include <utility>

#include <pawl/detail/utf8.hpp>

#include "flow/definition/attributes.hpp"
#include "flow/machine/variables.hpp"

namespace pawl::flow {
namespace {

/// Every change of the data computes each attribute again, so a rule can do little.
constexpr std::uint64_t max_attribute_steps = 2'000;
constexpr std::uint64_t max_attribute_work_bytes = 64u << 10;

using computed_value = result<std::optional<attribute_value>>;

/// The message of an error, which can have been made by the rule, in bounds.
error shortened(error why) {
  why.message = detail::to_valid_utf8(why.message, max_attribute_bytes);
  return why;
}

computed_value compute(const declared_attribute& declared, const logic::variables& variables) {
  logic::limits allowed;
  allowed.max_steps = max_attribute_steps;
  allowed.max_bytes = max_attribute_work_bytes;
  const auto value = declared.value->evaluate(variables, allowed);
  if (!value) return shortened(value.error());
  auto made = computed_attribute(declared, *value);
  if (!made) return shortened(std::move(made).error());
  return made;
}

template <class Map>
const typename Map::mapped_type* find_in(const Map& map, const std::string& name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}

bool is_current(const run_attributes& known, const std::string& name, const computed_value& now) {
  const auto* const value = find_in(known.values, name);
  const auto* const problem = find_in(known.problems, name);
  if (!now) return problem != nullptr && *problem == now.error().message;
  if (problem != nullptr) return false;
  return *now ? value != nullptr && *value == **now : value == nullptr;
}

void set(run_attributes& in, const std::string& name, computed_value now) {
  in.values.erase(name);
  in.problems.erase(name);
  if (!now) {
    in.problems.emplace(name, now.error().message);
  } else if (*now) {
    in.values.emplace(name, **std::move(now));
  }
}

}  // namespace

void update_attributes(change_set& changes) {
  const auto declared = changes.flow().attributes();
  const delta& change = changes.change();
  if (declared.empty()) return;
  if (!change.input && change.data_set.empty() && change.metadata_set.empty()) return;
  run_state& run = changes.run();
  static const std::string no_node;
  const token no_token{};  // the time of its rules is that of the start
  const rule_variables variables{run, no_token, no_node};
  std::optional<run_attributes> after;
  for (const auto& each : declared) {
    if (!each.value) continue;
    auto now = compute(each, variables.get());
    if (is_current(*run.attributes, each.name, now)) continue;
    if (!after) after = *run.attributes;
    set(*after, each.name, std::move(now));
  }
  if (!after) return;
  run.attributes = shared_attributes{*std::move(after)};
  changes.change().attributes = run.attributes;
}

}  // namespace pawl::flow
