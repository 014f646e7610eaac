#include "benchmarks/work_folder.hpp"

#include <stdexcept>
#include <string>
#include <system_error>

namespace pawl::benchmark {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& folder, const std::string& why) {
  throw std::runtime_error("cannot use the folder " + folder.string() + ": " + why);
}

}  // namespace

work_folder::work_folder(const fs::path& parent) : parent_(parent), path_(parent / "benchmark") {
  std::error_code failed;
  if (fs::exists(parent, failed)) {
    if (!fs::is_directory(parent, failed)) refuse(parent, "it is not a folder");
    if (!fs::is_empty(parent, failed) && !failed)
      refuse(parent, "it is not empty; choose a new or an empty folder");
  }
  if (failed) refuse(parent, failed.message());
  created_parent_ = fs::create_directories(parent, failed);
  if (!failed) fs::create_directory(path_, failed);
  if (failed) refuse(parent, failed.message());
}

work_folder::~work_folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  if (created_parent_) fs::remove(parent_, ignored);  // fails if other files were added
}

}  // namespace pawl::benchmark
