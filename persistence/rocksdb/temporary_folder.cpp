#include "persistence/rocksdb/temporary_folder.hpp"

#include <stdlib.h>

#include <cerrno>
#include <system_error>

namespace pawl::persistence::rocks {

namespace fs = std::filesystem;

result<std::unique_ptr<temporary_folder>> temporary_folder::make(std::string_view prefix) {
  std::error_code failed;
  const fs::path parent = fs::temp_directory_path(failed);
  std::string name = (parent / (std::string{prefix} + "-XXXXXX")).string();
  if (!failed && ::mkdtemp(name.data()) == nullptr) failed.assign(errno, std::generic_category());
  if (!failed) return std::unique_ptr<temporary_folder>{new temporary_folder{name}};
  return error{errc::io_failed, "cannot make a temporary folder in " + parent.string() + ": " +
                                    failed.message() + ". Set TMPDIR to a folder that is writable"};
}

temporary_folder::~temporary_folder() {
  std::error_code left;  // an empty folder among the temporary files does no harm
  fs::remove_all(path_, left);
}

}  // namespace pawl::persistence::rocks
