#include <chrono>
#include <string>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/text.hpp"
#include "cli/view/live_region.hpp"

namespace pawl::cli {
namespace {

using steady = std::chrono::steady_clock;

struct gc_options {
  std::optional<std::string> older_than;
  bool dry_run = false;
  bool compact = true;
  bool json = false;
};

/// What all pages of a cleanup have deleted, and the space of the store if it was compacted.
struct gc_totals {
  cleanup_page deleted;
  std::optional<compaction_result> space;
};

void add(cleanup_page& to, const cleanup_page& page) {
  to.completed += page.completed;
  to.failed += page.failed;
  to.cancelled += page.cancelled;
  to.runs += page.runs;
  to.records += page.records;
  to.bytes += page.bytes;
  to.kept += page.kept;
  to.in_use += page.in_use;
  to.damaged += page.damaged;
}

json to_json(const gc_totals& all, bool dry_run) {
  const cleanup_page& page = all.deleted;
  json object{{"dry_run", dry_run},    {"completed", page.completed},
              {"failed", page.failed}, {"cancelled", page.cancelled},
              {"runs", page.runs},     {"records", page.records},
              {"bytes", page.bytes},   {"kept", page.kept},
              {"in_use", page.in_use}, {"damaged", page.damaged}};
  if (all.space) {
    object["disk_bytes_before"] = all.space->bytes_before;
    object["disk_bytes_after"] = all.space->bytes_after;
  }
  return object;
}

/// "Deleted 12 runs (9 completed, 2 failed, 1 cancelled) and 3 subflows: 118 records, 42.1 KiB."
std::string sentence(const gc_totals& all, bool dry_run) {
  const cleanup_page& page = all.deleted;
  const std::uint64_t roots = page.completed + page.failed + page.cancelled;
  std::string text = (dry_run ? "Would delete " : "Deleted ") + counted(roots, "run");
  if (roots > 0) {
    text += " (" + std::to_string(page.completed) + " completed, " + std::to_string(page.failed) +
            " failed, " + std::to_string(page.cancelled) + " cancelled)";
  }
  if (page.runs > roots) text += " and " + counted(page.runs - roots, "subflow");
  text += ": " + counted(page.records, "record") + ", " + size_text(page.bytes) + ".";
  const auto note = [&text](std::uint64_t runs, const char* why) {
    if (runs > 0) text += " " + counted(runs, "run") + " " + why + ".";
  };
  note(page.kept, "marked to be kept");
  note(page.in_use, "still in use");
  note(page.damaged, "with damaged records");
  if (all.space) {
    text += " The store took " + size_text(all.space->bytes_before) + " on disk and now takes " +
            size_text(all.space->bytes_after) + ".";
  }
  return text;
}

/// Deletes page after page, and draws the count on a terminal.
result<cleanup_page> delete_all(session& s, target& on, cleanup_options how) {
  constexpr std::chrono::milliseconds draw_interval{100};
  live_region progress{s.out(), s.screen()};
  steady::time_point drawn_at{};
  cleanup_page all;
  do {
    const auto page = on.clean_up(how);
    if (!page) return page.error();
    add(all, *page);
    how.cursor = page->next;
    if (!s.screen().live || steady::now() - drawn_at < draw_interval) continue;
    drawn_at = steady::now();
    styled_line line;
    line.add(s.style(), tint::dim,
             (how.dry_run ? "counted: " : "deleted: ") + counted(all.runs, "run"),
             s.screen().size().columns - 1);
    progress.draw({line});
  } while (!how.cursor.empty());
  if (s.screen().live) progress.draw({});
  return all;
}

exit_code collect(session& s, target& on, const gc_options& options,
                  const cleanup_options& wanted) {
  gc_totals all;
  auto deleted = delete_all(s, on, wanted);
  if (!deleted) return s.fail(deleted.error());
  all.deleted = *std::move(deleted);
  if (options.compact && !options.dry_run && all.deleted.runs > 0) {
    const auto space = on.compact();
    if (!space && space.error().code != errc::not_supported) return s.fail(space.error());
    if (space) all.space = *space;
  }
  s.out().line(options.json ? one_line(to_json(all, options.dry_run))
                            : sentence(all, options.dry_run));
  return exit_code::ok;
}

exit_code run_gc(session& s, const gc_options& options) {
  cleanup_options wanted;
  wanted.dry_run = options.dry_run;
  if (options.older_than) {
    const auto age = parse_duration(*options.older_than);
    if (!age) return s.fail(error{errc::invalid_argument, "--older-than: " + age.error().message});
    wanted.older_than = *age;
  }
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  const exit_code code = collect(s, **opened, options, wanted);
  return s.close(**opened, code);
}

}  // namespace

void add_gc(CLI::App& to, command_line& line) {
  auto options = std::make_shared<gc_options>();
  auto* const cmd = add_command(
      to, "gc", "Delete ended runs that are old enough, and free their space.",
      "Examples:\n"
      "  pawl gc --older-than 30d --dry-run --data-dir ./data\n"
      "  pawl gc --older-than 30d --data-dir ./data\n\n"
      "Without --older-than, the settings retention.completed_for_ms, failed_for_ms and\n"
      "cancelled_for_ms say what is deleted. Running and paused runs, runs marked with\n"
      "`pawl runs keep`, and subflows of runs that stay are never deleted.");
  cmd->add_option("--older-than", options->older_than, "Minimum time since the end of a run")
      ->type_name("DURATION");
  cmd->add_flag("--dry-run", options->dry_run, "Count what would be deleted; delete nothing");
  cmd->add_flag("!--no-compact", options->compact,
                "Do not compact the store: its space is freed later");
  cmd->add_flag("--json", options->json, "Print one JSON object");
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return run_gc(s, *options); }; });
}

}  // namespace pawl::cli
