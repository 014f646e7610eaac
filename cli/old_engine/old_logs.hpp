#pragma once

#include <filesystem>
#include <string>

#include <pawl/result.hpp>

namespace pawl::cli {

/// What the log of a run of the previous engine says about its end.
struct old_log {
  std::string last_node;
  std::string error;       ///< the last line of level ERROR or above
  std::string error_node;  ///< its node
  bool went_on = false;    ///< a line below ERROR follows that one: it did not end the run
};

/// Reads `FOLDER/RUN/logs.jsonl`. Empty if there is none, or if the id of the run is not the name
/// of a folder. Lines that are damaged are skipped. Error: `io_failed`.
[[nodiscard]] result<old_log> read_old_log(const std::filesystem::path& folder,
                                           const std::string& run);

}  // namespace pawl::cli
