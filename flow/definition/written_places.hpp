#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>

namespace pawl::flow {

/// Maps JSON pointers (RFC 6901) of a definition in the long form to those of what its author
/// wrote. A pointer that it does not know stays as it is.
class written_places {
 public:
  /// What lies inside a value.
  enum class inside {
    same,     ///< was written in the same way: the rest of the pointer is kept
    nowhere,  ///< was not written: its place is that of the value
  };

  /// The value at `pointer` was written at `written`.
  void add(std::string pointer, std::string written, inside rest);

  /// Returns the place of what is at `pointer`: the longest known part of the pointer counts.
  [[nodiscard]] std::string of(std::string_view pointer) const;

  /// Replaces the pointers of the diagnostics from the index `first` on.
  void apply(std::vector<diagnostic>& diagnostics, std::size_t first) const;

 private:
  struct place {
    std::string written;
    inside rest;
  };
  std::map<std::string, place, std::less<>> places_;
};

}  // namespace pawl::flow
