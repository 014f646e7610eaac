#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace pawl::bench {

/// A folder for the data of a measurement. Deletes only what it has made itself: its subfolder and
/// its marker file, and the folder around them if it has made that, too. Not thread-safe.
class work_folder {
 public:
  /// Uses `parent`, which must not exist or be an empty folder; if empty, a new folder
  /// `pawl-bench-XXXXXX` in the current one. Takes it with a marker file made with O_EXCL, so that
  /// of two programs that choose the same folder one is refused. Throws `failure`
  /// (`invalid_argument`, `io_failed`).
  explicit work_folder(const std::filesystem::path& parent);
  ~work_folder();
  work_folder(const work_folder&) = delete;
  work_folder& operator=(const work_folder&) = delete;

  /// The folder in which everything is.
  [[nodiscard]] const std::filesystem::path& parent() const noexcept { return parent_; }
  /// The subfolder for data.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  void take();
  [[nodiscard]] bool is_mine() const;

  std::filesystem::path parent_;
  std::filesystem::path path_;
  ino_t marker_ = 0;
  bool made_parent_ = false;
};

}  // namespace pawl::bench
