#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

/// How far the engine time, in which the store holds the ends of durations, is ahead of the wall
/// clock. Not zero in a store whose engine ran while the clock was set back.
namespace pawl::persistence {

void store_clock_lead(batch& to, std::chrono::microseconds lead);
/// Returns the stored lead, or zero if there is none. Errors: `corrupt`, `schema_newer`,
/// `io_failed`.
[[nodiscard]] result<std::chrono::microseconds> load_clock_lead(const view& from);

/// The record of a lead.
[[nodiscard]] std::string encode_clock_lead(std::chrono::microseconds lead);
/// Errors: `corrupt`, `schema_newer`.
[[nodiscard]] result<std::chrono::microseconds> decode_clock_lead(std::string_view bytes);

}  // namespace pawl::persistence
