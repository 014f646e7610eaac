#include "cli/watched_flows.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "cli/clock.hpp"
#include "cli/flow_file.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

namespace fs = std::filesystem;

/// Folders of tools, which are large and have no flows.
bool is_skipped(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with('.') || name == "node_modules" || name == "__pycache__";
}

}  // namespace

std::map<fs::path, watched_flows::stamp> watched_flows::find_files() {
  std::map<fs::path, stamp> found;
  std::error_code failed;
  auto at = fs::recursive_directory_iterator(folder_, fs::directory_options::skip_permission_denied,
                                             failed);
  for (; !failed && at != fs::recursive_directory_iterator{}; at.increment(failed)) {
    std::error_code gone;  // a file may vanish meanwhile
    if (at->is_directory(gone)) {
      if (is_skipped(at->path())) at.disable_recursion_pending();
      continue;
    }
    if (!has_flow_extension(at->path().string()) || !at->is_regular_file(gone)) continue;
    const stamp seen{at->last_write_time(gone), at->file_size(gone)};
    if (gone) continue;
    if (found.size() == max_files) {
      if (!std::exchange(told_of_limit_, true))
        session_.print_message("only the first " + std::to_string(max_files) +
                               " files are watched; start in a smaller folder");
      break;
    }
    found.emplace(at->path(), seen);
  }
  return found;
}

void watched_flows::look() {
  auto found = find_files();
  for (const auto& [file, seen] : known_)
    if (!found.contains(file)) forget(printable(name_of(file)), "gone");
  for (const auto& [file, seen] : found) {
    const auto before = known_.find(file);
    if (before == known_.end() || before->second != seen) take(file);
  }
  known_ = std::move(found);
}

std::string watched_flows::name_of(const fs::path& file) const {
  return fs::relative(file, folder_).string();
}

void watched_flows::take(const fs::path& file) {
  server::flow_file_report report{printable(name_of(file)), wall_clock()};
  const auto read = read_flow_file(file.string(), engine_.effective_settings());
  if (!read) {
    say(report, severity::error, describe_malformed(name_of(file), read.error()));
  } else {
    if (!read->source.is_object() || !read->source.contains("nodes"))
      return forget(report.file, "no longer a flow");
    auto shown = *read;
    shown.name = name_of(file);
    for (const auto& each : read->compiled.diagnostics)
      say(report, each.level, describe(shown, each));
    if (read->valid()) put(report, read->source);
  }
  session_.out().flush();
  reports_.put(std::move(report));
}

void watched_flows::put(server::flow_file_report& report, const json& definition) {
  const auto put = engine_.put_flow(definition);
  if (!put)
    return say(report, severity::error, report.file + ": error: " + printable(put.error().message));
  report.stored = put->id;
  const auto [known, added] = stored_.try_emplace(report.file, put->id.name);
  if (!added && known->second != put->id.name) {
    session_.out().line(report.file + ": renamed; the flow " + printable(known->second.str()) +
                        " stays stored");
    known->second = put->id.name;
  }
  session_.out().line(report.file + (put->created ? ": stored as " : ": unchanged, ") +
                      printable(to_string(put->id)));
}

void watched_flows::forget(const std::string& file, const std::string& how) {
  if (const auto known = stored_.find(file); known != stored_.end()) {
    session_.out().line(file + ": " + how + "; the flow " + printable(known->second.str()) +
                        " stays stored");
    session_.out().flush();
    stored_.erase(known);
  }
  reports_.remove(file);
}

void watched_flows::say(server::flow_file_report& report, severity level, std::string line) {
  session_.out().line(line);
  report.messages.push_back({level, std::move(line)});
}

}  // namespace pawl::cli
