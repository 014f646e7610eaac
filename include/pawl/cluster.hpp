#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/time.hpp>

namespace pawl {

/// What an engine is to its store.
enum class cluster_role : std::uint8_t {
  single,   ///< no other process can open the store: a data folder, or memory
  owner,    ///< owns a store that several processes can reach
  standby,  ///< waits until the owner is gone, and accepts no calls
};

/// "single", "owner", "standby".
[[nodiscard]] constexpr std::string_view to_string(cluster_role role) noexcept {
  return role == cluster_role::owner     ? "owner"
         : role == cluster_role::standby ? "standby"
                                         : "single";
}

/// Who owns the store of an engine, as far as the engine knows.
struct cluster_info {
  cluster_role role = cluster_role::single;
  std::string node;         ///< name of this process; empty for `single`
  std::string owner;        ///< name of the owner; empty if unknown
  std::string owner_url;    ///< where the owner can be reached; empty if unknown
  std::uint64_t epoch = 0;  ///< number of the ownership that it knows of; 0 if it knows none
  std::optional<time_point> since = {};  ///< when this process got its role; none for `single`
  /// Time since the owner renewed its lease; none unless this process is the owner.
  std::optional<std::chrono::milliseconds> lease_age = {};
  bool survives_power_loss = false;    ///< see below; false unless this process is the owner
  bool survives_machine_loss = false;  ///< whether commits survive that of the database's machine
  std::uint64_t takeovers = 0;         ///< how often this process became the owner
  std::uint64_t losses = 0;            ///< how often another process took the store from it
};

}  // namespace pawl
