#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/time.hpp>

#include "actors/clock.hpp"
#include "actors/rng.hpp"

namespace pawl {

/// Makes run ids. Safe for concurrent use.
class id_source {
 public:
  virtual ~id_source() = default;
  [[nodiscard]] virtual run_id next(time_point now) = 0;
};

/// UUIDs of version 7 (RFC 9562): they sort by the millisecond of their making.
[[nodiscard]] std::unique_ptr<id_source> make_uuid_source();

/// The system's wall clock.
[[nodiscard]] std::unique_ptr<actors::clock> make_system_clock();

/// Pseudo-random numbers (Mersenne Twister) from a random seed.
[[nodiscard]] std::unique_ptr<actors::rng> make_chance();

/// The id of the run that a key names: readable where the key is short and plain, always the same,
/// different for different keys.
[[nodiscard]] run_id id_of_key(std::string_view key);

/// A number that tells starts apart which differ in any of these. FNV-1a, 64 bits: it guards
/// against mistakes, not against attackers, who could only disturb runs of their own scope.
[[nodiscard]] std::uint64_t start_fingerprint(std::string_view flow, std::string_view version,
                                              const json& input, const json& metadata);

}  // namespace pawl
