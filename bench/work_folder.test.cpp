#include "bench/work_folder.hpp"

#include <stdlib.h>

#include <fstream>

#include "bench/failure.hpp"
#include "tests/support/catch.hpp"

using pawl::bench::failure;
using pawl::bench::work_folder;
namespace fs = std::filesystem;

namespace {

/// A temporary folder, removed with its object.
class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (fs::temp_directory_path() / "pawl-bench-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~temporary_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

void put_file(const fs::path& file) {
  std::ofstream{file} << "mine";
}

}  // namespace

TEST_CASE("a benchmark refuses a folder with files and does not change it", "[work_folder]") {
  const temporary_folder folder;
  put_file(folder.path() / "thesis.tex");
  CHECK_THROWS_AS(work_folder{folder.path()}, failure);
  CHECK(fs::exists(folder.path() / "thesis.tex"));
  CHECK(std::distance(fs::directory_iterator{folder.path()}, {}) == 1);
  CHECK_THROWS_AS(work_folder{folder.path() / "thesis.tex"}, failure);
}

TEST_CASE("a benchmark deletes a folder that it made", "[work_folder]") {
  const temporary_folder folder;
  const fs::path parent = folder.path() / "new";
  {
    const work_folder work{parent};
    CHECK(fs::is_directory(work.path()));
    CHECK(work.path().parent_path() == parent);
    put_file(work.path() / "data");
  }
  CHECK_FALSE(fs::exists(parent));
}

TEST_CASE("a benchmark keeps a folder that existed, and files added to it", "[work_folder]") {
  const temporary_folder folder;
  { const work_folder work{folder.path()}; }
  CHECK(fs::is_empty(folder.path()));
  const fs::path parent = folder.path() / "new";
  {
    const work_folder work{parent};
    put_file(parent / "notes");
  }
  CHECK(fs::exists(parent / "notes"));
  CHECK(std::distance(fs::directory_iterator{parent}, {}) == 1);
}

TEST_CASE("of two benchmarks with one folder the second is refused", "[work_folder]") {
  const temporary_folder folder;
  const work_folder first{folder.path() / "new"};
  put_file(first.path() / "store");
  CHECK_THROWS_AS(work_folder{folder.path() / "new"}, failure);
  CHECK(fs::exists(first.path() / "store"));
}

TEST_CASE("a benchmark deletes nothing if its folder was replaced", "[work_folder]") {
  const temporary_folder folder;
  const fs::path parent = folder.path() / "new";
  {
    const work_folder work{parent};
    fs::rename(parent, folder.path() / "moved");
    fs::create_directories(parent / "data");
    put_file(parent / "data" / "thesis.tex");
    put_file(parent / "PAWL-BENCH");
  }
  CHECK(fs::exists(parent / "data" / "thesis.tex"));
}
