#include <filesystem>
#include <utility>

#include "actors/flow_cache.hpp"
#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/old_engine/old_import.hpp"
#include "cli/old_engine/old_report.hpp"
#include "cli/target/open_store.hpp"
#include "cli/text.hpp"
#include "cli/view/progress_line.hpp"
#include "persistence/memory/memory_store.hpp"

namespace pawl::cli {
namespace {

struct old_import_arguments {
  std::string database;
  std::string checkpoints;
  std::string logs;
  std::string report;
  bool dry_run = false;
  bool json = false;
};

/// "Imported 12 versions of flows and 340 runs (300 completed, 20 failed, …)."
std::string old_import_sentence(const old_import_report& done, bool dry_run) {
  const auto number = [](std::uint64_t n) { return std::to_string(n); };
  const std::uint64_t runs = done.completed + done.failed + done.cancelled + done.paused;
  std::string text = (dry_run ? "Would import " : "Imported ") +
                     counted(done.new_versions, "version", "versions") + " of flows and " +
                     counted(runs, "run") + " (" + number(done.completed) + " completed, " +
                     number(done.failed) + " failed, " + number(done.cancelled) + " cancelled, " +
                     number(done.paused) + " paused).";
  if (done.present > 0) text += " Imported before: " + counted(done.present, "run") + ".";
  if (done.left_out > 0) text += " Left out: " + number(done.left_out) + ".";
  return text;
}

/// A note on one line, whatever the old name has in it.
std::string note_sentence(const old_note& note) {
  const std::string name = note.kind == "signal" ? note.old : note.kind + " " + one_line(note.old);
  return printable(name + (note.now.empty() ? " was left out" : " is " + note.now) + ": " +
                   note.why);
}

/// A dry run into a folder without a store needs none.
result<std::unique_ptr<persistence::store>> open_for_import(session& s, const settings& with,
                                                            bool dry_run) {
  std::error_code failed;
  const auto& folder = with.storage.data_dir;
  if (dry_run && !s.uses_server() && !folder.empty() &&
      !std::filesystem::exists(folder / "PAWL", failed))
    return std::unique_ptr<persistence::store>{std::make_unique<persistence::memory_store>()};
  return open_plain_store(s, with, store_use::create);
}

/// Writes what the import has done, if a report is wanted.
result<void> report_import(const old_import_arguments& given, const old_report& report) {
  const auto form = report_form_of(given.report);
  return form ? write_report(report, *form, given.report) : result<void>{};
}

exit_code import_database(session& s, const old_import_arguments& given) {
  if (!given.report.empty() && !report_form_of(given.report)) {
    return s.fail(exit_code::usage,
                  "--report " + given.report + ": the name must end with .txt, .json or .html");
  }
  const auto in = s.selected_scope();
  if (!in) return s.fail(in.error());
  const auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  const auto open = open_for_import(s, loaded->values, given.dry_run);
  if (!open) return s.fail(open.error());
  progress_line progress{s.out(), s.screen()};
  old_import_options how;
  how.database = given.database;
  how.checkpoints = given.checkpoints;
  how.logs = given.logs;
  how.kept_logs = {loaded->values.run.max_log_lines, loaded->values.run.max_log_bytes};
  how.into = *in;
  how.limits = actors::flow_limits(loaded->values);
  how.now = wall_clock();
  how.dry_run = given.dry_run;
  how.progress = [&](std::uint64_t done, std::uint64_t all) {
    progress.show([&] {
      return "imported: " + std::to_string(done) + " of " + std::to_string(all) + " runs";
    });
  };
  how.stops = [&] { return s.stop_signals().requested(); };
  old_report report{given.database, how.now, given.dry_run, {}, {}};
  how.note = [&](const old_note& note) {
    if (!given.report.empty()) report.rows.push_back(note);
    if (note.outcome == row_outcome::taken || note.outcome == row_outcome::present) return;
    progress.clear();
    if (!given.json) return s.print_message(note_sentence(note));
    s.out().line(
        one_line({{"kind", note.kind}, {"old", note.old}, {"now", note.now}, {"why", note.why}}));
  };
  const auto done = import_old_engine(**open, how);
  progress.clear();
  const auto closed = (*open)->close();
  if (!done) {
    const errc code = done.error().code;
    const bool is_input = code == errc::invalid_argument || code == errc::corrupt;
    return s.fail(is_input ? exit_code::invalid_input : exit_code_of(code), done.error().message);
  }
  if (!closed) return s.fail(closed.error());
  report.totals = *done;
  const auto reported = report_import(given, report);
  s.out().line(given.json ? one_line(to_json(*done)) : old_import_sentence(*done, given.dry_run));
  return reported ? exit_code::ok : s.fail(reported.error());
}

}  // namespace

void add_import(CLI::App& to, command_line& line) {
  auto given = std::make_shared<old_import_arguments>();
  auto* const cmd = add_command(
      to, "import", "Import the database of the previous engine, a SQLite file.",
      "Examples:\n"
      "  pawl import ~/.ren/workflow.db --dry-run --data-dir ./data\n"
      "  pawl import ~/.ren/workflow.db --logs ~/.ren/logs --data-dir ./data\n\n"
      "The database is only read. Runs that have ended stay ended; the others come\n"
      "paused. What had to be renamed or left out is printed. Can be repeated: what was\n"
      "imported before is left as it is. No other process may use the data folder.");
  cmd->add_option("DATABASE", given->database, "Database of the previous engine")->required();
  cmd->add_option("--checkpoints", given->checkpoints,
                  "Its checkpoints; default: the file beside it, such as workflow_checkpoints.db")
      ->type_name("FILE");
  cmd->add_option("--logs", given->logs,
                  "Its folder of logs: taken, and read for errors and last nodes")
      ->type_name("DIR");
  cmd->add_option("--report", given->report,
                  "Write what became of each row to a file: .txt, .json or .html")
      ->type_name("FILE");
  cmd->add_flag("--dry-run", given->dry_run, "Check the database and import nothing");
  cmd->add_flag("--json", given->json, "Print JSON objects");
  cmd->callback([&line, given] {
    line.command = [given](session& s) { return import_database(s, *given); };
  });
}

}  // namespace pawl::cli
