#include "runtime/call_size.hpp"

#include <type_traits>
#include <variant>

#include "flow/values/json_size.hpp"

namespace pawl {
namespace {

using flow::json_size;

std::uint64_t size_of(const flow::start_command& c) {
  const std::uint64_t forked =
      c.forked ? c.forked->data_bytes + c.forked->map_bytes + c.forked->tokens.bytes() : 0;
  return json_size(c.input) + json_size(c.metadata) + json_size(c.forked_data) + forked;
}
std::uint64_t size_of(const flow::step_outcome_command& c) {
  std::uint64_t bytes = 0;
  if (c.value) {
    bytes += json_size(*c.value);
  } else {
    const error& why = c.value.error();
    bytes += why.message.size() + why.type.size();
  }
  if (c.interrupted) bytes += json_size(c.interrupted->value) + json_size(c.interrupted->update);
  return bytes;
}
std::uint64_t size_of(const flow::resume_command& c) {
  return json_size(c.update) + (c.answer ? json_size(*c.answer) : 0) + c.question.size() +
         c.reason.size();
}
std::uint64_t size_of(const flow::set_data_command& c) {
  return json_size(c.update) + c.reason.size();
}
std::uint64_t size_of(const flow::signal_command& c) {
  return json_size(c.payload) + c.type.size() + c.id.size();
}
std::uint64_t size_of(const flow::skip_command& c) {
  return c.node.size() + c.reason.size();
}
/// Commands without values: those with a reason have its text.
template <class Command>
std::uint64_t size_of(const Command& c) {
  if constexpr (requires { c.reason.size(); }) return c.reason.size();
  return 0;
}

}  // namespace

std::uint64_t call_size(const flow::command& what) {
  return command_overhead_bytes + std::visit([](const auto& c) { return size_of(c); }, what);
}

std::uint64_t call_size(const json& value) {
  return command_overhead_bytes + json_size(value);
}

std::uint64_t call_size(const task_poll& wanted) {
  std::uint64_t bytes = command_overhead_bytes;
  for (const auto& each : wanted.functions) bytes += sizeof each + each.size();
  return bytes;
}

std::uint64_t call_size(const std::vector<task_log_line>& lines) {
  std::uint64_t bytes = command_overhead_bytes;
  for (const auto& each : lines) {
    bytes += sizeof each + each.message.size() + each.about.size();
    if (!each.context.is_null()) bytes += flow::json_size(each.context);
  }
  return bytes;
}

}  // namespace pawl
