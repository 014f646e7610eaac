#pragma once

#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::cli {

/// A file that is written in parts and appears under its name as a whole: until then the bytes are
/// in a file beside it. A pipe or a device is written directly. Not thread-safe.
class whole_file {
 public:
  enum class existing { keep, replace };

  /// Begins a file. One that is replaced keeps its permissions, and a link stays one. Errors:
  /// `already_exists`, `not_found` (its folder), `storage_full`, `io_failed`.
  [[nodiscard]] static result<whole_file> begin(const std::string& file, existing old);
  whole_file(whole_file&& from) noexcept;
  whole_file& operator=(whole_file&&) = delete;
  /// Deletes what was written without `finish`.
  ~whole_file();

  /// Adds bytes. Errors: `storage_full`, `io_failed`.
  result<void> write(std::string_view bytes) const;
  /// Makes the file durable under its name. Errors: as `begin`.
  result<void> finish();

 private:
  whole_file(std::string shown, existing old) : shown_(std::move(shown)), old_(old) {}
  [[nodiscard]] error failed(int code) const;
  result<void> open(const std::string& file);

  std::string shown_;   ///< the name as given
  std::string target_;  ///< the name without links
  std::string fresh_;   ///< the file beside it; empty: the bytes go to the target
  existing old_;
  int fd_ = -1;
};

}  // namespace pawl::cli
