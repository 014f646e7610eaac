#pragma once

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/conformance.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"

/// Helpers for tests of the store on disk.
namespace pawl::persistence::rocks {

namespace fs = std::filesystem;

/// A temporary folder, removed with its object.
class test_folder {
 public:
  test_folder() {
    std::string pattern = (fs::temp_directory_path() / "pawl-store-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
  }
  ~test_folder() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  test_folder(const test_folder&) = delete;
  test_folder& operator=(const test_folder&) = delete;

  [[nodiscard]] const fs::path& root() const noexcept { return root_; }
  [[nodiscard]] fs::path store() const { return root_ / "store"; }

 private:
  fs::path root_;
};

inline std::unique_ptr<store> open_good(const fs::path& folder,
                                        const rocksdb_options& options = {}) {
  auto opened = open_rocksdb_store(folder, options);
  if (!opened) FAIL(opened.error().message);
  return std::move(opened).value();
}

inline error open_bad(const fs::path& folder, const rocksdb_options& options = {}) {
  const auto opened = open_rocksdb_store(folder, options);
  REQUIRE_FALSE(opened);
  CAPTURE(opened.error().message);
  CHECK(opened.error().message.find(folder.string()) != std::string::npos);
  return opened.error();
}

inline bool mentions(const error& failure, std::string_view text) {
  return failure.message.find(text) != std::string::npos;
}

/// The files of a folder and their sizes.
inline std::map<fs::path, std::uintmax_t> sizes_in(const fs::path& folder) {
  std::map<fs::path, std::uintmax_t> found;
  std::error_code gone;  // a file may be deleted meanwhile
  for (const auto& entry : fs::directory_iterator{folder})
    found.emplace(entry.path(), entry.file_size(gone));
  return found;
}

/// Copies the files as kill -9 would leave them now. The store may be open, but must not be written
/// to meanwhile. RocksDB may still delete files in the background: the copy is repeated until the
/// folder did not change during it.
inline void copy_as_killed(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  std::map<fs::path, std::uintmax_t> before;
  do {
    before = sizes_in(from);
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive, failed);
  } while (failed || sizes_in(from) != before);
}

/// The files with an extension, oldest first.
inline std::vector<fs::path> files_of(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.path().extension() == extension) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

inline void put_marker(const fs::path& folder, const std::string& text) {
  std::ofstream{folder / "PAWL", std::ios::trunc} << text;
}

inline void flip_byte(const fs::path& file, std::uint64_t at) {
  std::fstream bytes{file, std::ios::in | std::ios::out | std::ios::binary};
  bytes.seekg(static_cast<std::streamoff>(at));
  const int before = bytes.get();
  REQUIRE(before != EOF);
  bytes.seekp(static_cast<std::streamoff>(at));
  bytes.put(static_cast<char>(before ^ 0x40));
}

}  // namespace pawl::persistence::rocks
