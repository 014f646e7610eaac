#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/run.hpp>

/// Where runs belong when they are divided over several places: a family (a run and the runs that
/// it started, directly or not) has one placement, so that its members can be kept together.
/// Stored ids and keys depend on it: never change it.
namespace pawl::detail {

/// The placement of a run: 16 bits of the SHA-256 of its scope and id, or for a child run what its
/// id says, which is the placement of its root.
[[nodiscard]] std::uint16_t placement_of(const run_key& run);

/// The id of a child run: `child_id_prefix`, the placement of the parent as 4 hexadecimal digits,
/// and 128 bits of the SHA-256 of `name`, which identifies the child among all runs, as 32.
[[nodiscard]] run_id child_run_id(const run_key& parent, std::string_view name);

/// 128 bits that identify a run: its placement, and 112 bits of the SHA-256 of its scope and id.
/// As 16 bytes.
[[nodiscard]] std::string run_hash(const run_key& run);

}  // namespace pawl::detail
