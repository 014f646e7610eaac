#pragma once

#include <string_view>
#include <vector>

namespace pawl::cli {

/// A file of a new project.
struct project_file {
  std::string_view name;  ///< below the folder of the project
  std::string_view content;
};

/// The files that `pawl init` writes.
[[nodiscard]] std::vector<project_file> project_files();

}  // namespace pawl::cli
