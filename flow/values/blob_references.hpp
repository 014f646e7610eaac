#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>

namespace pawl::flow {

/// A value that refers to a blob; see <pawl/blobs.hpp>.
struct blob_reference {
  std::string hash;                   ///< as 64 digits
  std::optional<std::uint64_t> size;  ///< if it is a whole number

  friend bool operator==(const blob_reference&, const blob_reference&) = default;
};

/// Adds the references in a value, in order. Takes time in proportion to the value. The depth of
/// the value must be limited, as that of every value from outside is.
void add_blob_references(const json& in, std::vector<blob_reference>& to);

}  // namespace pawl::flow
