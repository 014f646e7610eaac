#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::persistence {

/// Reads a file of lines with a JSON object each, one line at a time. Not thread-safe.
class line_reader {
 public:
  explicit line_reader(std::istream& from) : from_(from) {}

  /// The next line; nothing at the end of the file. Errors: `invalid_argument` for a line that is
  /// not an object, is too long or has no end; `io_failed`. Each names the line.
  [[nodiscard]] result<std::optional<json>> next();

  /// The number of the line that was read last, from 1.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  /// The error with the number of that line.
  [[nodiscard]] error at_line(error failure) const;

 private:
  std::istream& from_;
  std::uint64_t number_ = 0;
  std::string text_;
};

}  // namespace pawl::persistence
