#include "flow/machine/history.hpp"

#include <string>
#include <utility>
#include <vector>

#include <pawl/suggest.hpp>

#include "flow/machine/step_values.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

bool is_known(const compiled_flow& flow, const event& e) {
  return e.node && *e.node < flow.nodes().size();
}

history_event event_of(const compiled_flow& flow, const event& e, std::uint64_t checkpoint,
                       time_point at, json detail) {
  return {checkpoint,
          at,
          std::string{to_string(e.kind)},
          is_known(flow, e) ? flow.at(*e.node).id : "",
          e.visit,
          e.attempt,
          std::move(detail)};
}

json detail_without_values(const event& e) {
  json detail = json::object();
  if (!e.detail.is_object()) return detail;
  for (const auto& [name, value] : e.detail.items())
    if (name != args_member && name != wrote_member) detail[name] = value;
  return detail;
}

/// Whether arguments that the event does not have are the literal ones of its node.
bool has_literal_arguments(const event& e) {
  return e.kind == event_kind::step_started || e.kind == event_kind::task_leased;
}

/// Calls `visit` for each kind until it returns true.
template <class Visit>
void find_kind(Visit visit) {
  for (int number = 0; number <= static_cast<int>(last_event_kind); ++number) {
    const auto kind = static_cast<event_kind>(number);
    if (to_string(kind) != "unknown" && visit(kind)) return;
  }
}

}  // namespace

history_event to_history(const compiled_flow& flow, const event& e, std::uint64_t checkpoint,
                         time_point at) {
  return event_of(flow, e, checkpoint, at, detail_without_values(e));
}

history_event to_history_with_values(const compiled_flow& flow, const delta& change,
                                     const event& e) {
  json detail = detail_without_values(e);
  const std::string args{args_member};
  if (e.detail.is_object() && e.detail.contains(args)) {
    detail[args] = e.detail.at(args);
  } else if (is_known(flow, e) && has_literal_arguments(e)) {
    if (const json* const literal = flow.at(*e.node).behaviour->literal_arguments())
      detail[args] = *literal;
  }
  if (ends_step(flow, e))
    if (auto output = output_of(flow, change, e)) detail["output"] = *std::move(output);
  return event_of(flow, e, change.sequence, change.at, std::move(detail));
}

std::optional<event_kind> parse_event_kind(std::string_view name) noexcept {
  std::optional<event_kind> found;
  find_kind([&](event_kind kind) {
    if (to_string(kind) == name) found = kind;
    return found.has_value();
  });
  return found;
}

std::string_view nearest_event_kind(std::string_view name) {
  std::vector<std::string_view> names{damaged_kind};
  find_kind([&](event_kind kind) {
    names.push_back(to_string(kind));
    return false;
  });
  return nearest(name, names).value_or("");
}

}  // namespace pawl::flow
