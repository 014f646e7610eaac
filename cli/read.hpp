#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::cli {

/// A file, or standard input for "-", that is read in parts. Not thread-safe.
class input_file {
 public:
  /// Errors: `not_found`, `io_failed`.
  [[nodiscard]] static result<input_file> open(const std::string& file);
  input_file(input_file&& from) noexcept;
  input_file& operator=(input_file&&) = delete;
  ~input_file();

  /// The next bytes, at most 64 KiB; none at the end. Error: `io_failed`, for a folder too.
  [[nodiscard]] result<std::string> read() const;
  /// The size of a regular file.
  [[nodiscard]] std::optional<std::uint64_t> size() const;

 private:
  input_file(std::string name, int fd) : name_(std::move(name)), fd_(fd) {}

  std::string name_;
  int fd_;
};

/// Reads a file, or standard input for "-". Errors: `not_found`; `io_failed`, for a folder too;
/// `limit_exceeded` for more than `max_bytes`.
[[nodiscard]] result<std::string> read_text(const std::string& file, std::size_t max_bytes);

/// Reads a JSON argument: the text itself, `@FILE`, or `-` for standard input. `what` names it in
/// messages. Errors: as `read_text`; `limit_exceeded`; `invalid_flow` with line and column for
/// malformed JSON, so that the exit code is that of invalid input.
[[nodiscard]] result<json> read_json_argument(const std::string& argument, const std::string& what,
                                              std::size_t max_bytes);

}  // namespace pawl::cli
