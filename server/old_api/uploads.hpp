#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/detail/fair_budget.hpp>
#include <pawl/ids.hpp>
#include <pawl/result.hpp>
#include <pawl/run.hpp>

namespace pawl::server {

/// A folder for the files of forms, in which each scope has a folder, and in that each run. Files
/// have names that nothing outside chooses; the engine deletes them with their run (`run_uploads`).
/// Safe for concurrent use.
class upload_folder {
 public:
  /// `max_bytes`: of all files together, of which a scope can have at most as much as remains free.
  /// Folders are created with their first file.
  upload_folder(std::filesystem::path folder, std::uint64_t max_bytes);

  /// Saves a file, which is durable on return, and returns its absolute path: a random name with
  /// the extension of `filename` if that is harmless. Blocks. Errors: `storage_full` if the scope
  /// would have more than its share, `io_failed`.
  [[nodiscard]] result<std::filesystem::path> save(const run_key& of, std::string_view filename,
                                                   std::string_view content);
  /// Deletes a file of `bytes` that was saved, and the folder of its run if that is empty then.
  void remove(const scope_name& in, const std::filesystem::path& file, std::uint64_t bytes);

  /// "." and 1 to 16 letters and digits, or "".
  [[nodiscard]] static std::string harmless_extension(std::string_view filename);

 private:
  /// Takes bytes of the share of a scope.
  [[nodiscard]] result<void> take(const scope_name& in, std::uint64_t bytes);
  [[nodiscard]] bool try_take(const scope_name& in, std::uint64_t bytes);
  /// Counts all files again: operators delete files.
  [[nodiscard]] result<void> count();
  [[nodiscard]] result<std::filesystem::path> write(const run_key& of, std::string_view filename,
                                                    std::string_view content) const;

  const std::filesystem::path folder_;
  const std::uint64_t max_bytes_;
  std::mutex saving_;  ///< held while a file is saved
  /// Guards the members below, and the deletion of files: none is deleted while files are counted.
  std::mutex counting_;
  std::unique_ptr<detail::fair_budget> used_;  ///< bytes by scope; null: not counted yet
  std::optional<std::chrono::steady_clock::time_point> counted_again_;  ///< when
};

/// The files of one form, which are deleted again unless `keep` is called. Not thread-safe.
class form_files {
 public:
  /// `of`: the run that gets the files.
  form_files(std::shared_ptr<upload_folder> folder, run_key of)
      : folder_(std::move(folder)), of_(std::move(of)) {}
  ~form_files() { remove(); }
  form_files(const form_files&) = delete;
  form_files& operator=(const form_files&) = delete;

  /// As `upload_folder::save`.
  [[nodiscard]] result<std::filesystem::path> save(std::string_view filename,
                                                   std::string_view content);
  void keep() noexcept { saved_.clear(); }
  /// Deletes the files, unless `keep` was called.
  void remove() noexcept;

 private:
  struct saved_file {
    std::filesystem::path path;
    std::uint64_t bytes = 0;
  };

  const std::shared_ptr<upload_folder> folder_;
  const run_key of_;
  std::vector<saved_file> saved_;
};

}  // namespace pawl::server
