// The parts of a node's data that are computed: templates, conditions, durations and times.

#include "flow/nodes/node.hpp"
#include "flow/values/duration.hpp"

namespace pawl::flow {

logic::limits data_reader::rule_limits(logic::secret_places* secrets) const {
  logic::limits allowed;
  allowed.patterns = &schemas_.patterns();
  allowed.secrets = secrets;
  return allowed;
}

std::optional<logic::value_template> data_reader::value(std::string_view key, bool required,
                                                        logic::secret_places* secrets) const {
  const auto found = data_.find(key);
  if (found == data_.end()) {
    if (required) fail_missing(key);
    return std::nullopt;
  }
  return logic::compile_template(*found, pointer(key), diagnostics_, rule_limits(secrets));
}

std::optional<logic::value_template> data_reader::value_unless_null(
    std::string_view key, bool required, logic::secret_places* secrets) const {
  if (find(key) != nullptr) return value(key, required, secrets);
  if (required) fail_missing(key);
  return std::nullopt;
}

std::optional<logic::value_template> data_reader::members(std::string_view key, bool required,
                                                          logic::secret_places* secrets) const {
  const json* const value = find(key);
  if (value == nullptr) {
    if (required) fail_missing(key);
    return std::nullopt;
  }
  if (!value->is_object()) {
    fail(key, "wrong_type",
         "\"" + std::string{key} + "\" must be an object, not " + value->type_name());
    return std::nullopt;
  }
  return logic::compile_members(*value, pointer(key), diagnostics_, rule_limits(secrets));
}

std::optional<logic::rule> data_reader::condition(std::string_view key, bool required) const {
  const auto found = data_.find(key);
  if (found == data_.end()) {
    if (required) fail_missing(key);
    return std::nullopt;
  }
  return logic::compile_condition(*found, pointer(key), diagnostics_, rule_limits());
}

std::optional<logic::rule> data_reader::computed(std::string_view key) const {
  const json& source = *find(key);
  // A literal duration or time is no condition, but what else is not a rule is not one here either.
  if (source.is_object() && !logic::check_condition(source, pointer(key), diagnostics_))
    return std::nullopt;
  return logic::compile(source, pointer(key), diagnostics_, rule_limits());
}

std::optional<logic::rule> data_reader::duration_rule(std::string_view key) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object() && !duration(key)) return std::nullopt;
  return computed(key);
}

std::optional<logic::rule> data_reader::time_rule(std::string_view key) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object() && !timestamp_of(*value)) {
    fail(key, "bad_timestamp", "\"" + std::string{key} + "\" " + why_no_timestamp(*value));
    return std::nullopt;
  }
  return computed(key);
}

}  // namespace pawl::flow
