#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <pawl/callback.hpp>
#include <pawl/detail/scope_ref.hpp>
#include <pawl/ids.hpp>
#include <pawl/result.hpp>

namespace pawl {

class scope;

/// Maximum length of the label of a version, in bytes.
inline constexpr std::size_t max_label_bytes = 200;

/// A version of a flow with the numbers by which clients of the previous engine know it. A number
/// is given once, is never reused, and counts within its scope from 1.
struct flow_numbers {
  flow_version_id id;
  std::uint64_t flow = 0;     ///< of the flow
  std::uint64_t version = 0;  ///< of the version
  std::string label = {};     ///< another name of the version, such as "v1"; "": none yet
  /// Clients of the previous engine have deleted the version, or its flow was deleted. A put of the
  /// same definition brings it back.
  bool withdrawn = false;

  friend bool operator==(const flow_numbers&, const flow_numbers&) = default;
};

/// What to change in the numbers of a version.
struct flow_numbers_change {
  flow_version_id id;
  std::string label = {};  ///< its label, if it has none yet; empty: no change
  std::optional<bool> withdrawn = {};
};

/// The numbers of the flows of one scope. A handle: cheap to copy, safe for concurrent use, and
/// valid after the engine has stopped (every call then fails with `unavailable`).
class scope_flow_numbers {
 public:
  explicit scope_flow_numbers(const scope& in);

  /// Returns the numbers of versions, in their order, and gives numbers to those that have none.
  /// Durable when it is answered. Errors: `not_found` (no such version), `overloaded`.
  void number_async(std::vector<flow_version_id> ids,
                    callback<std::vector<flow_numbers>> done) const;
  /// Changes a version, which gets numbers if it has none. Errors: `not_found`; `already_exists` if
  /// another version of the flow has the label, and is not withdrawn: then it loses it; `conflict`
  /// if the version has another label; `invalid_argument` for a label with control characters or
  /// more than `max_label_bytes`; `overloaded`.
  void change_async(flow_numbers_change what, callback<flow_numbers> done) const;

  /// Returns the version with a number, or of a flow with a label. Errors: `not_found`.
  void find_async(std::uint64_t version, callback<flow_numbers> done,
                  std::stop_token withdrawn = {}) const;
  void find_label_async(flow_name flow, std::string label, callback<flow_numbers> done,
                        std::stop_token withdrawn = {}) const;

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
