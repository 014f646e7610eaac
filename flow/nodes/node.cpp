#include "flow/nodes/node.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <pawl/assert.hpp>
#include <pawl/code_ref.hpp>
#include <pawl/time.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/definition/known_keys.hpp"
#include "flow/machine/command.hpp"
#include "flow/machine/transition.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/values/duration.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {

namespace {

constexpr std::array<std::string_view, 3> common_keys = {"max_visits", "label", "description"};

constexpr auto all_node_types = [] {
  std::array<const node_type*, node_type_table.size()> types{};
  for (std::size_t i = 0; i < types.size(); ++i) types[i] = node_type_table[i].type;
  return types;
}();

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

void node::resume(transition_builder&, token&, step_outcome_command&&) const {
  PAWL_ASSERT_RUN(false, "outcome for a node type that makes no calls");
}

void node::wake(transition_builder&, token&) const {
  PAWL_ASSERT_RUN(false, "signal for a node type that awaits none");
}

result<invoke_effect> node::call(const run_state&, const token&, const compiled_node&) const {
  PAWL_ASSERT_RUN(false, "call requested from a node type that makes none");
}

void node::on_timer(transition_builder&, token&) const {
  PAWL_ASSERT_RUN(false, "timer for a node type that sets none");
}

result<void> node::check_answer(const token&, const json&) const {
  return {};
}

void node::answer(transition_builder&, token&, json) const {
  PAWL_ASSERT_RUN(false, "answer for a node type that asks nothing");
}

void node::in_doubt(transition_builder&, token&) const {
  PAWL_ASSERT_RUN(false, "doubt about a call that may be repeated");
}

std::string function_called(const token& t, const node& at) {
  if (t.task) return t.task->code_ref;
  if (t.compensates) return std::string{at.compensation_ref()};
  const auto possible = at.code_refs();
  return possible.size() == 1 ? possible.front() : "";
}

const json* data_reader::find(std::string_view key) const {
  const auto found = data_.find(key);
  return found == data_.end() || found->is_null() ? nullptr : &*found;
}

bool data_reader::is_null(std::string_view key) const {
  const auto found = data_.find(key);
  return found != data_.end() && found->is_null();
}

std::string data_reader::pointer(std::string_view key) const {
  const bool is_outermost = &data_ == &source_.data;
  return is_outermost && as_written(key) == key ? data_pointer(source_, key)
                                                : child_pointer(at_, as_written(key));
}

void data_reader::fail(std::string_view key, std::string code, std::string message) const {
  diagnostics_.push_back({severity::error, pointer(key), std::move(code),
                          "node " + pawl::quoted(source_.id) + ": " + std::move(message)});
}

void data_reader::warn(std::string pointer, std::string code, std::string message) const {
  diagnostics_.push_back({severity::warning, std::move(pointer), std::move(code),
                          "node " + pawl::quoted(source_.id) + ": " + std::move(message)});
}

void data_reader::fail_missing(std::string_view key) const {
  const bool own = &data_ == &source_.data;
  diagnostics_.push_back({severity::error, at_, "missing_key",
                          "node " + pawl::quoted(source_.id) + " of type " + source_.type +
                              " needs \"" + std::string{key} + "\" in its " +
                              (own ? "data" : at_.substr(at_.rfind('/') + 1))});
}

std::optional<std::string> data_reader::text(std::string_view key, bool required) const {
  const json* const value = find(key);
  if (value == nullptr) {
    if (required) fail_missing(key);
    return std::nullopt;
  }
  if (!value->is_string() || value->get_ref<const std::string&>().empty()) {
    fail(key, "wrong_type", pawl::quoted(as_written(key)) + " must be a non-empty string");
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
  if (const auto read = duration_of(*value)) return *read;
  fail(key, "bad_duration", "\"" + std::string{key} + "\" " + why_no_duration(*value));
  return std::nullopt;
}

std::optional<json_schema> data_reader::schema(std::string_view key) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  return schemas_.read(*value, pointer(key));
}

std::optional<double> data_reader::number(std::string_view key, double min, double max) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) {
    const auto number = value->get<double>();
    if (number >= min && number <= max) return number;
  }
  fail(key, "out_of_range",
       "\"" + std::string{key} + "\" must be a number from " + json(min).dump() + " to " +
           json(max).dump());
  return std::nullopt;
}

std::vector<std::string> data_reader::texts(std::string_view key) const {
  const json* const value = find(key);
  if (value == nullptr) return {};
  const auto is_text = [](const json& item) {
    return item.is_string() && !item.get_ref<const std::string&>().empty();
  };
  if (value->is_array() && std::all_of(value->begin(), value->end(), is_text))
    return value->get<std::vector<std::string>>();
  fail(key, "wrong_type", "\"" + std::string{key} + "\" must be an array of non-empty strings");
  return {};
}

std::vector<std::string> data_reader::text_or_texts(std::string_view key) const {
  const json* const value = find(key);
  if (value != nullptr && value->is_string() && !value->get_ref<const std::string&>().empty())
    return {value->get<std::string>()};
  return texts(key);
}

std::optional<bool> data_reader::flag(std::string_view key) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  fail(key, "wrong_type", "\"" + std::string{key} + "\" must be true or false");
  return std::nullopt;
}

std::string_view data_reader::one_of(std::string_view key,
                                     std::span<const std::string_view> words) const {
  const json* const value = find(key);
  if (value == nullptr) return words.front();
  if (value->is_string()) {
    const auto found = std::find(words.begin(), words.end(), value->get_ref<const std::string&>());
    if (found != words.end()) return *found;
  }
  std::string all;
  for (const auto word : words) all += (all.empty() ? "" : ", ") + std::string{word};
  fail(key, "out_of_range", "\"" + std::string{key} + "\" must be one of: " + all);
  return words.front();
}

std::optional<data_reader> data_reader::within(std::string_view key) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) {
    fail(key, "wrong_type",
         "\"" + std::string{key} + "\" must be an object, not " + value->type_name());
    return std::nullopt;
  }
  const std::string_view code_ref_key =
      key == "compensate" ? std::string_view{source_.compensate_code_ref_key} : "code_ref";
  return data_reader{source_, *value, pointer(key), code_ref_key, limits_, diagnostics_, schemas_};
}

std::optional<data_reader> data_reader::within(std::string_view key,
                                               std::span<const std::string_view> keys) const {
  auto inner = within(key);
  if (inner) inner->refuse_unknown(keys, key);
  return inner;
}

void data_reader::refuse_unknown(std::span<const std::string_view> keys,
                                 std::string_view within) const {
  for (const auto& [name, item] : items()) {
    if (std::find(keys.begin(), keys.end(), name) != keys.end() || is_annotation(name)) continue;
    fail(name, "unknown_key",
         "unknown key " + pawl::quoted(name) + " in \"" + std::string{within} + "\"" +
             hint_for_key(name, keys));
  }
}

std::vector<data_reader> data_reader::each_within(std::string_view key,
                                                  std::span<const std::string_view> keys) const {
  std::vector<data_reader> found;
  const json* const list = find(key);
  if (list == nullptr) return found;
  const auto is_object = [](const json& item) { return item.is_object(); };
  if (!list->is_array() || !std::all_of(list->begin(), list->end(), is_object)) {
    fail(key, "wrong_type", "\"" + std::string{key} + "\" must be an array of objects");
    return found;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    found.push_back({source_, (*list)[i], pointer(key) + "/" + std::to_string(i), "code_ref",
                     limits_, diagnostics_, schemas_});
    found.back().refuse_unknown(keys, key);
  }
  return found;
}

std::optional<std::uint32_t> data_reader::count(std::string_view key, std::uint32_t min,
                                                std::uint32_t max) const {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_integer()) {
    const auto number = value->get<std::int64_t>();
    if (number >= min && number <= max) return static_cast<std::uint32_t>(number);
  }
  fail(key, "out_of_range",
       "\"" + std::string{key} + "\" must be a whole number from " + std::to_string(min) + " to " +
           std::to_string(max));
  return std::nullopt;
}

}  // namespace pawl::flow
