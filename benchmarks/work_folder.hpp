#pragma once

#include <filesystem>

namespace pawl::benchmark {

/// A folder for the data of a benchmark. Removed with its object, and nothing else is.
class work_folder {
 public:
  /// Creates a subfolder in `parent`, which must not exist or must be an empty folder. Throws
  /// `std::runtime_error` if it is not, or if it cannot be created.
  explicit work_folder(const std::filesystem::path& parent);
  ~work_folder();
  work_folder(const work_folder&) = delete;
  work_folder& operator=(const work_folder&) = delete;

  /// The subfolder.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path parent_;
  std::filesystem::path path_;
  bool created_parent_ = false;
};

}  // namespace pawl::benchmark
