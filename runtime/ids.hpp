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

/// UUIDs of version 7 (RFC 9562): they sort by creation time, to the millisecond.
[[nodiscard]] std::unique_ptr<id_source> make_uuid_source();

/// The wall clock of the system.
[[nodiscard]] std::unique_ptr<actors::clock> make_system_clock();

/// Pseudo-random numbers (Mersenne Twister) from a random seed.
[[nodiscard]] std::unique_ptr<actors::rng> make_rng();

/// The run id for an idempotency key. Deterministic, and different for different keys; readable if
/// the key is short and plain.
[[nodiscard]] run_id id_of_key(std::string_view key);

/// The fingerprint of a start: detects that an id or key is reused with another flow, version,
/// input or metadata. FNV-1a, 64 bits: it protects against mistakes, not against attackers, who
/// could only affect runs of their own scope.
[[nodiscard]] std::uint64_t start_fingerprint(std::string_view flow, std::string_view version,
                                              const json& input, const json& metadata);

}  // namespace pawl
