#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/result.hpp>

namespace pawl::persistence::rocks {

/// A private folder among the temporary files, which is removed with this object.
class temporary_folder {
 public:
  /// The name begins with `prefix`. Error: `io_failed`.
  [[nodiscard]] static result<std::unique_ptr<temporary_folder>> make(std::string_view prefix);
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  explicit temporary_folder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

}  // namespace pawl::persistence::rocks
