#pragma once

#include <cstdint>
#include <filesystem>

#include <pawl/settings.hpp>

namespace pawl::benchmark {

/// The upper bound for the engine: writes records like those of a step in groups of `in_flight`,
/// synced by a second thread, through the same store but without the engine. `folder` must not
/// exist. Returns durable records per second.
[[nodiscard]] double bare_writer(const std::filesystem::path& folder, durability mode,
                                 std::size_t in_flight, std::size_t records);

}  // namespace pawl::benchmark
