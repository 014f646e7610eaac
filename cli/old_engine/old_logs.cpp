#include "cli/old_engine/old_logs.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>

#include <pawl/detail/utf8.hpp>

#include "cli/json_members.hpp"
#include "cli/old_engine/python_json.hpp"

namespace pawl::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* log_name = "logs.jsonl";

/// Longer lines are not read.
constexpr std::size_t max_log_line = 1'000'000;

/// Whether the id of a run is a path that stays in the folder of logs.
bool is_folder_name(const std::string& run) {
  if (run.empty() || run.find('\0') != run.npos) return false;
  const fs::path path{run};
  return path.is_relative() && std::none_of(path.begin(), path.end(), [](const fs::path& part) {
           return part == "." || part == "..";
         });
}

/// The word of Pawl for a level.
std::string level_of(const std::string& old) {
  if (old == "ERROR" || old == "CRITICAL") return "error";
  if (old == "WARNING") return "warning";
  return old == "DEBUG" ? "debug" : "info";
}

/// What an interrupt asked for, if a line says that there was one.
std::optional<json> interrupt_in(const json& context, const std::string& message) {
  if (const auto found = context.find("interrupt_value"); found != context.end()) return *found;
  constexpr std::string_view before = " interrupted with value: ";
  const auto begin = message.find(before);
  if (!message.starts_with("Node ") || begin == message.npos) return std::nullopt;
  const auto end = message.rfind(", update: ");
  const auto from = begin + before.size();
  if (end == message.npos || end < from) return std::nullopt;
  return message.substr(from, end - from);
}

class log_reader {
 public:
  log_reader(const persistence::run_log_limits& kept, time_point begin)
      : kept_(kept), last_time_(begin) {}

  void take(const std::string& text) {
    const result<json> read = text.size() <= max_log_line
                                  ? parse_python_json(text)
                                  : result<json>{error{errc::limit_exceeded, "too long"}};
    if (!read || !read->is_object()) {
      ++log_.damaged;
      return;
    }
    const json& context = member(*read, "context");
    run_log_line line;
    last_time_ = parse_old_time(text_in(*read, "ts")).value_or(last_time_);
    line.at = last_time_;
    line.level = level_of(text_in(*read, "level"));
    line.node = text_in(*read, "node_id");
    line.message = text_in(*read, "message");
    note_end(line, context.is_object() ? context : json::object());
    if (!context.empty()) line.message += " " + context.dump();
    line.message = detail::to_valid_utf8(line.message, max_log_message_bytes);
    keep(std::move(line));
  }

  [[nodiscard]] old_log finish() { return std::move(log_); }

 private:
  /// Takes what a line says about the end of the run.
  void note_end(const run_log_line& line, const json& context) {
    if (!line.node.empty()) log_.last_node = line.node;
    // An interrupt is logged as an exception, too.
    if (text_in(context, "error_type") == "WorkflowInterrupt") return;
    log_.interrupt_value = interrupt_in(context, line.message);
    log_.went_on = line.level != "error";
    if (log_.went_on) return;
    log_.error = line.message;
    log_.error_node = line.node;
  }

  void keep(run_log_line line) {
    log_.bytes += size_of(line);
    log_.lines.push_back(std::move(line));
    while (!log_.lines.empty() && (log_.lines.size() > kept_.lines || log_.bytes > kept_.bytes)) {
      log_.bytes -= size_of(log_.lines.front());
      log_.lines.pop_front();
      ++log_.dropped;
    }
  }

  /// About the size of its record.
  static std::size_t size_of(const run_log_line& line) {
    constexpr std::size_t numbers = 16;
    return numbers + line.level.size() + line.node.size() + line.message.size();
  }

  const persistence::run_log_limits kept_;
  time_point last_time_;
  old_log log_;
};

error unreadable_log(const fs::path& what, const std::string& why) {
  return {errc::io_failed, "cannot read " + what.string() + ": " + why};
}

}  // namespace

result<old_log> read_old_log(const fs::path& folder, const std::string& run,
                             const persistence::run_log_limits& kept, time_point begin) {
  if (folder.empty() || !is_folder_name(run)) return old_log{};
  const auto file = folder / run / log_name;
  std::error_code missing;
  if (!fs::exists(file, missing)) return old_log{};
  std::ifstream lines{file, std::ios::binary};
  if (!lines) return unreadable_log(file, "it cannot be opened");
  log_reader reader{kept, begin};
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) reader.take(line);
  if (lines.bad()) return unreadable_log(file, "the disk or the network has failed");
  return reader.finish();
}

result<std::vector<std::string>> runs_with_old_logs(const fs::path& folder) {
  std::vector<std::string> runs;
  std::error_code failed;
  if (!fs::is_directory(folder, failed))
    return error{errc::not_found, "no such folder: " + folder.string()};
  fs::recursive_directory_iterator each{folder, failed};
  for (; !failed && each != fs::recursive_directory_iterator{}; each.increment(failed))
    if (each->path().filename() == log_name)
      runs.push_back(each->path().parent_path().lexically_relative(folder).string());
  if (failed) return unreadable_log(folder, failed.message());
  std::sort(runs.begin(), runs.end());
  return runs;
}

}  // namespace pawl::cli
