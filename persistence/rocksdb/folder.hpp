#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <pawl/result.hpp>

namespace pawl::persistence::rocks {

/// Owns a file descriptor.
class descriptor {
 public:
  explicit descriptor(int number = -1) noexcept : number_(number) {}
  descriptor(descriptor&& other) noexcept;
  descriptor& operator=(descriptor&& other) noexcept;
  ~descriptor();

  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

/// How far the creation of a store in a folder got.
enum class folder_state : std::uint8_t {
  fresh,       ///< no store
  unfinished,  ///< creation was interrupted; the store holds nothing
  ready,
};

/// A folder and its exclusive lock, held while this object lives.
struct claimed_folder {
  std::filesystem::path path;
  folder_state state = folder_state::fresh;
  std::uint32_t schema = 0;  ///< from the marker; 0: no marker
  descriptor lock;           ///< not open: the folder may only be read, see `find_open_folder`
};

/// Creates the folder if it does not exist, locks it and determines its state. The marker, a small
/// text file named `PAWL`, identifies the folder of a store; it is written before all other files
/// and replaced after them. Errors: `invalid_argument`, `locked`, `read_only`, `storage_full`,
/// `corrupt` (files are missing), `not_supported` (another engine), `io_failed`.
[[nodiscard]] result<claimed_folder> claim_folder(const std::filesystem::path& path);

/// The same for a folder that must have a store. Error: `not_found`, and those of `claim_folder`.
[[nodiscard]] result<claimed_folder> claim_existing_folder(const std::filesystem::path& path);

/// Reads the marker of a folder that another process has claimed, and does not lock it. Only a
/// store that is complete and has the schema of this build can be read beside its process. Errors:
/// `not_found`, `unavailable` (the store is being created), `not_supported` (another schema or
/// engine), `schema_newer`, `corrupt`, `io_failed`.
[[nodiscard]] result<claimed_folder> find_open_folder(const std::filesystem::path& path);

/// The error for a store with an older schema, which only the process that has it open can migrate.
[[nodiscard]] error needs_migration(const std::filesystem::path& path, std::uint32_t schema);

/// Replaces the marker atomically and durably. Errors: `read_only`, `storage_full`, `io_failed`.
[[nodiscard]] result<void> write_marker(claimed_folder& folder, folder_state state,
                                        std::uint32_t schema);

/// Replaces a file, or creates it, atomically and durably, by way of a file with the suffix `.new`.
/// Returns 0 or an errno.
[[nodiscard]] int replace_durably(const std::filesystem::path& file, const std::string& text);

/// Writes some data to a file in the folder, syncs it and removes the file. Errors: `read_only`,
/// `storage_full`, `io_failed`.
[[nodiscard]] result<void> probe_folder(const std::filesystem::path& folder);

}  // namespace pawl::persistence::rocks
