#include <array>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/dotted_key.hpp"
#include "flow/nodes/map_limits.hpp"
#include "flow/nodes/node_types.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 9> map_keys = {
    "items", "as", "index", "into", "max_concurrency", "tolerate", "result", "until", "absent"};

constexpr std::array<std::string_view, 2> absences = {"fail", "empty"};

/// Reads a limit that is written, or a rule that returns it.
template <class Limit>
void read_limit(const data_reader& data, std::string_view key,
                std::optional<Limit> (*read)(const json&), const char* form, Limit& literal,
                std::optional<logic::rule>& computed) {
  const json* const value = data.find(key);
  if (value == nullptr) return;
  if (value->is_object()) {
    computed = data.condition(key, true);
  } else if (const auto limit = read(*value)) {
    literal = *limit;
  } else {
    data.fail(key, "out_of_range", pawl::quoted(key) + " " + form);
  }
}

/// Warns of items that are written and no array, so that the map always fails.
void warn_of_items(const data_reader& data) {
  const json* const items = data.find("items");
  if (items == nullptr || items->is_array() || logic::is_computed(*items)) return;
  if (items->is_object() && items->size() == 1) return;  // `literal`, or an unknown operator
  std::string message =
      "the items of a map must be an array, not " + std::string{items->type_name()};
  if (items->is_string()) message += "; did you mean " + json{{"var", *items}}.dump() + "?";
  if (items->is_object()) message += R"(; {"entries": …} makes one of an object)";
  data.warn(data.pointer("items"), "bad_items", std::move(message));
}

map_plan read_plan_of_map(const data_reader& data) {
  map_plan plan;
  plan.as = data.text("as", false).value_or(plan.as);
  plan.index = data.text("index", false).value_or(plan.index);
  if (data.is_null("into"))
    plan.into.reset();
  else
    plan.into = data.text("into", false).value_or(*plan.into);
  read_limit(data, "max_concurrency", concurrency_of, concurrency_form, plan.max_concurrency,
             plan.computed_concurrency);
  warn_of_dots(data, data.pointer("as"), plan.as);
  warn_of_dots(data, data.pointer("index"), plan.index);
  if (plan.into) warn_of_dots(data, data.pointer("into"), *plan.into);
  plan.result = data.value("result", false);
  plan.until = data.condition("until", false);
  read_limit(data, "tolerate", tolerance_of, tolerance_form, plan.tolerate,
             plan.computed_tolerance);
  if (plan.as == plan.index)
    data.fail("index", "contradiction", "\"as\" and \"index\" must be different keys");
  return plan;
}

/// Runs the same nodes for each item of an array, several items at a time, and collects the results
/// in the order of the items.
class map_node final : public node {
 public:
  explicit map_node(const data_reader& data)
      : items_(data.value("items", true).value_or(logic::value_template{})),
        plan_(read_plan_of_map(data)),
        absent_is_empty_(data.one_of("absent", absences) == "empty") {
    warn_of_items(data);
  }

  void enter(transition_builder& run, token& t) const override {
    if (run.maps().resume(t)) return;
    run.changes().record(event_kind::step_started, t);
    auto items = run.data().evaluate(t, items_);
    if (!items) return run.failures().fail_step(t, items.error());
    if (items->is_null() && absent_is_empty_) items = json::array();
    if (!items->is_array()) {
      return run.failures().fail_step(
          t, {errc::invalid_argument,
              "the items of a map must be an array, not " + std::string{items->type_name()} +
                  (items->is_null()     ? R"(; "absent": "empty" takes null as no items)"
                   : items->is_object() ? R"(; {"entries": …} makes one of an object)"
                                        : "")});
    }
    const std::size_t max_items = run.flow().allowed().max_map_items;
    if (items->size() > max_items) {
      return run.failures().fail_step(
          t, {errc::limit_exceeded, "the map has " + std::to_string(items->size()) +
                                        " items; the maximum is " + std::to_string(max_items) +
                                        " (run.max_map_items)"});
    }
    run.maps().begin(t, *std::move(items));
  }

  const map_plan* map() const noexcept override { return &plan_; }

 private:
  logic::value_template items_;
  map_plan plan_;
  bool absent_is_empty_;
};

}  // namespace

const node_type map_type{
    .name = "map",
    .keys = map_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<map_node>(data);
    },
    .has_items = true,
};

}  // namespace pawl::flow
