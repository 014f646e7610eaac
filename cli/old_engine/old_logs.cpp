#include "cli/old_engine/old_logs.hpp"

#include <fstream>
#include <system_error>

#include <pawl/ids.hpp>

#include "cli/json_members.hpp"
#include "cli/old_engine/python_json.hpp"

namespace pawl::cli {
namespace {

/// Longer lines hold data of users, which is not read here.
constexpr std::size_t max_log_line = 1'000'000;

bool is_folder_name(const std::string& run) {
  return !run.empty() && !is_dot_segment(run) && run.find('/') == run.npos &&
         run.find('\0') == run.npos;
}

void take_line(old_log& to, const std::string& line) {
  const auto read = parse_python_json(line);
  if (!read || !read->is_object()) return;
  const std::string node = text_in(*read, "node_id");
  if (!node.empty()) to.last_node = node;
  const std::string level = text_in(*read, "level");
  to.went_on = level != "ERROR" && level != "CRITICAL";
  if (to.went_on) return;
  to.error = text_in(*read, "message");
  to.error_node = node;
}

}  // namespace

result<old_log> read_old_log(const std::filesystem::path& folder, const std::string& run) {
  old_log found;
  if (folder.empty() || !is_folder_name(run)) return found;
  const auto file = folder / run / "logs.jsonl";
  std::error_code missing;
  if (!std::filesystem::exists(file, missing)) return found;
  std::ifstream lines{file, std::ios::binary};
  if (!lines) return error{errc::io_failed, "cannot read " + file.string()};
  for (std::string line; std::getline(lines, line);)
    if (line.size() <= max_log_line) take_line(found, line);
  return found;
}

}  // namespace pawl::cli
