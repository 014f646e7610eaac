#include "flow/logic/operators/arguments.hpp"

#include <algorithm>
#include <cmath>

namespace pawl::flow::logic {
namespace {

std::string_view type_of(const value& v) noexcept {
  if (v.is_absent()) return "null";
  if (v.is_boolean()) return "a boolean";
  if (v.is_number()) return "a number";
  if (v.is_text()) return "a text";
  return v.is_array() ? "an array" : "an object";
}

/// The object of all layers; the first layer that has a key counts.
value merged_layers(evaluation& run) {
  std::size_t count = 0;
  for (const auto& layer : run.data().layers()) count += layer.size();
  if (!run.step(count)) return {};
  record_builder made{run, count};
  const auto layers = run.data().layers();
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    layer->each([&made](std::string_view name, const json& child) {
      made.add(name, value::of(child));
      return true;
    });
  }
  return made.finish();
}

}  // namespace

std::string_view name_of(const expression& call) noexcept {
  const bool is_call =
      call.source != nullptr && call.source->is_object() && call.source->size() == 1;
  return is_call ? std::string_view{call.source->begin().key()} : std::string_view{"array"};
}

value refuse(evaluation& run, const expression& call, std::string type,
             const std::string& problem) {
  if (run.failed()) return {};
  run.fail({errc::invalid_rule,
            "evaluating a JSONLogic rule: \"" + std::string(name_of(call)) + "\" " + problem,
            std::move(type)});
  return {};
}

value wrong_type(evaluation& run, const expression& call, std::string_view wanted,
                 const value& got) {
  if (run.failed()) return {};
  return refuse(run, call, "wrong_type",
                "takes " + std::string(wanted) + ", not " + std::string(type_of(got)));
}

std::optional<std::int64_t> whole_number(const value& v) noexcept {
  if (!v.is_number()) return std::nullopt;
  const number n = v.as_number().simplified();
  return n.is_integer() ? std::optional{n.as_integer()} : std::nullopt;
}

std::optional<std::int64_t> whole_argument(evaluation& run, const expression& call, std::size_t i,
                                           const value& data,
                                           std::optional<std::int64_t> otherwise) {
  if (i >= call.arg_count && otherwise) return otherwise;
  const value given = run.arg(call, i, data);
  const auto whole = whole_number(given);
  if (!whole) {
    wrong_type(run, call, "a whole number as argument " + std::to_string(i + 1), given);
    return std::nullopt;
  }
  return run.failed() ? std::nullopt : whole;
}

std::optional<std::string_view> text_argument(evaluation& run, const expression& call,
                                              std::size_t i, const value& data,
                                              std::optional<std::string_view> otherwise) {
  if (i >= call.arg_count && otherwise) return otherwise;
  const value given = run.arg(call, i, data);
  if (given.is_text()) return given.as_text();
  wrong_type(run, call, "a text as argument " + std::to_string(i + 1), given);
  return std::nullopt;
}

value gathered(evaluation& run, const expression& call, const value& data) {
  if (call.arg_count == 1) {
    const value only = run.arg(call, 0, data);
    if (only.is_array() || run.failed()) return only;
    list_builder one{run, 1};
    one.add(only);
    return one.finish();
  }
  list_builder all{run, call.arg_count};
  for (const expression& arg : call.args()) all.add(run.eval(arg, data));
  return all.finish();
}

value as_record(evaluation& run, const value& v) {
  switch (v.what()) {
    case kind::record:
      return v;
    case kind::layers:
      return merged_layers(run);
    case kind::frame: {
      record_builder made{run, 2};
      made.add("accumulator", v.as_frame().accumulator);
      made.add("current", v.as_frame().current);
      return made.finish();
    }
    default: {
      const auto* const members = v.as_stored().get_ptr<const json::object_t*>();
      const std::size_t count = members == nullptr ? 0 : members->size();
      if (!run.step(count)) return {};
      record_builder made{run, count};
      if (members != nullptr)
        for (const auto& [key, child] : *members) made.add(key, value::of(child));
      return made.finish();
    }
  }
}

std::size_t clamped(std::int64_t index, std::size_t size) noexcept {
  const auto end = static_cast<std::int64_t>(size);
  const std::int64_t from_start = index < 0 ? std::max<std::int64_t>(index, -end) + end : index;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(from_start, 0, end));
}

}  // namespace pawl::flow::logic
