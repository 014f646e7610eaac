#pragma once

#include <cstdint>
#include <filesystem>

#include <pawl/result.hpp>

namespace pawl::persistence::rocks {

/// An open file of the operating system, closed with its object.
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

/// How far the making of a store in a folder got.
enum class folder_state : std::uint8_t {
  fresh,       ///< nothing of a store is in it
  unfinished,  ///< a store was begun, but never answered that it is open: it holds nothing
  ready,
};

/// A folder that nobody else can claim while this object lives.
struct claimed_folder {
  std::filesystem::path path;
  folder_state state = folder_state::fresh;
  std::uint32_t schema = 0;  ///< as the folder's mark says; 0 for none
  descriptor lock;
};

/// Makes the folder where it is missing, locks it, and finds out what it holds. A store's folder
/// is told by a small text file, `PAWL`, which is written first and replaced last. Errors:
/// `invalid_argument`, `locked`, `read_only`, `storage_full`, `corrupt` (parts are missing),
/// `not_supported` (another engine's), `io_failed`.
[[nodiscard]] result<claimed_folder> claim_folder(const std::filesystem::path& path);

/// Writes the mark, durably and at once, in place of an older one. Errors: `read_only`,
/// `storage_full`, `io_failed`.
[[nodiscard]] result<void> mark_folder(claimed_folder& folder, folder_state state,
                                       std::uint32_t schema);

}  // namespace pawl::persistence::rocks
