#include "flow/nodes/node.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <pawl/assert.hpp>
#include <pawl/code_ref.hpp>
#include <pawl/time.hpp>

#include "flow/command.hpp"
#include "flow/compiled.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/pointer.hpp"
#include "flow/transition.hpp"

namespace pawl::flow {

namespace {

constexpr std::array<std::string_view, 3> common_keys = {"max_visits", "label", "description"};

}  // namespace

std::span<const node_type* const> node_types() noexcept {
  return all_node_types;
}

const node_type* find_node_type(std::string_view name) noexcept {
  const auto found = std::find_if(all_node_types.begin(), all_node_types.end(),
                                  [&](const node_type* type) { return type->name == name; });
  return found == all_node_types.end() ? nullptr : *found;
}

std::span<const std::string_view> common_node_keys() noexcept {
  return common_keys;
}

void node::resume(editor&, token&, step_outcome_command&&) const {
  PAWL_ASSERT(false, "an outcome came for a node that waits for none");
}

void node::wake(editor&, token&) const {
  PAWL_ASSERT(false, "a signal came for a node that waits for none");
}

result<invoke_effect> node::call(const run_state&, const token&, const compiled_node&) const {
  PAWL_ASSERT(false, "a node that calls nothing was asked for its call");
}

const json* data_reader::find(std::string_view key) const {
  const auto found = source_.data.find(key);
  return found == source_.data.end() || found->is_null() ? nullptr : &*found;
}

std::string data_reader::pointer(std::string_view key) const {
  return child_pointer(source_.pointer + "/data", key == "code_ref" ? source_.code_ref_key : key);
}

void data_reader::fail(std::string_view key, std::string code, std::string message) const {
  faults_.push_back({severity::error, pointer(key), std::move(code),
                     "node " + pawl::quoted(source_.id) + ": " + std::move(message)});
}

void data_reader::fail_missing(std::string_view key) const {
  faults_.push_back({severity::error, source_.pointer + "/data", "missing_key",
                     "node " + pawl::quoted(source_.id) + " of type " + source_.type + " needs \"" +
                         std::string{key} + "\" in its data"});
}

std::optional<std::string> data_reader::text(std::string_view key, bool required) const {
  const json* const value = find(key);
  if (value == nullptr) {
    if (required) fail_missing(key);
    return std::nullopt;
  }
  if (!value->is_string() || value->get_ref<const std::string&>().empty()) {
    fail(key, "wrong_type", "\"" + std::string{key} + "\" must be a string that is not empty");
    return std::nullopt;
  }
  return value->get<std::string>();
}

json data_reader::object(std::string_view key, bool required) const {
  const json* const value = find(key);
  if (value == nullptr) {
    if (required) fail_missing(key);
    return json::object();
  }
  if (!value->is_object()) {
    fail(key, "wrong_type",
         "\"" + std::string{key} + "\" must be an object, not " + value->type_name());
    return json::object();
  }
  return *value;
}

std::optional<std::chrono::milliseconds> data_reader::duration(std::string_view key) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) {
    if (const auto parsed = parse_duration(value->get_ref<const std::string&>())) return *parsed;
  } else if (value->is_number()) {
    const double seconds = value->get<double>();
    if (seconds >= 0 && seconds <= max_duration.count() / 1000.0)
      return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
  }
  fail(key, "bad_duration",
       "\"" + std::string{key} +
           "\" must be a duration such as \"250ms\", \"30s\", \"5m\" or \"2h\"" +
           ", or a number of seconds");
  return std::nullopt;
}

std::optional<std::uint32_t> data_reader::count(std::string_view key, std::uint32_t least,
                                                std::uint32_t most) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_integer()) {
    const auto number = value->get<std::int64_t>();
    if (number >= least && number <= most) return static_cast<std::uint32_t>(number);
  }
  fail(key, "out_of_range",
       "\"" + std::string{key} + "\" must be a whole number from " + std::to_string(least) +
           " to " + std::to_string(most));
  return std::nullopt;
}

std::optional<logic::rule> data_reader::rule(std::string_view key, bool required) const {
  const auto found = source_.data.find(key);
  if (found == source_.data.end()) {
    if (required) fail_missing(key);
    return std::nullopt;
  }
  return logic::compile(*found, pointer(key), faults_);
}

}  // namespace pawl::flow
