#pragma once

#include <cstdint>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/worker.hpp>

#include "flow/machine/command.hpp"

/// The one measure of the memory that calls in flight have (`engine.max_bytes_in_flight`): the size
/// of their JSON values and texts as compact JSON (`flow::json_size`), and a constant.
namespace pawl {

/// What each command has besides its values: its messages and its answer.
inline constexpr std::uint64_t command_overhead_bytes = 512;

/// Takes time in proportion to the values.
[[nodiscard]] std::uint64_t call_size(const flow::command& what);
/// Of a flow definition, or of a query with a value.
[[nodiscard]] std::uint64_t call_size(const json& value);
[[nodiscard]] std::uint64_t call_size(const task_poll& wanted);
[[nodiscard]] std::uint64_t call_size(const std::vector<task_log_line>& lines);

}  // namespace pawl
