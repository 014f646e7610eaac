#pragma once

#include <cstdint>
#include <filesystem>

#include <pawl/settings.hpp>

namespace pawl::benchmark {

/// The limit to hold the engine against: records like those of a step, written in groups of
/// `in_flight` and synced by a second thread, through the same store and with nothing else. Returns
/// durable records per second.
[[nodiscard]] double bare_writer(const std::filesystem::path& folder, durability mode,
                                 std::size_t in_flight, std::size_t records);

}  // namespace pawl::benchmark
