#pragma once

#include <filesystem>
#include <string>

#include <pawl/result.hpp>

namespace pawl {

/// The name of a data folder among those whose files are in the same folder: "pawl-" and 32
/// hexadecimal digits.
struct upload_owner {
  std::string name;
  /// The name that the data folder had: it is a copy of another one, which keeps that name.
  std::string copied_from = {};
};

/// Returns the name of a data folder, which must exist. The first call chooses it at random and
/// keeps it in the file `uploads.id`, beside the number of that file (inode): a copy of the data
/// folder, whose file has another number, gets another name, so that two stores never have the
/// same. A folder that is moved within its file system keeps its name. Blocks. Errors: `io_failed`.
[[nodiscard]] result<upload_owner> name_upload_owner(const std::filesystem::path& data_dir);

}  // namespace pawl
