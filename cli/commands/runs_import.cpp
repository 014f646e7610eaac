#include <filesystem>
#include <fstream>
#include <utility>

#include "actors/flow_cache.hpp"
#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/target/open_store.hpp"
#include "cli/text.hpp"
#include "persistence/transfer/run_importer.hpp"
#include "runtime/ids.hpp"

namespace pawl::cli {
namespace {

struct import_arguments {
  std::string file;
  bool new_ids = false;
  bool keep_running = false;
  bool skip_existing = false;
  bool dry_run = false;
  bool json = false;
};

json import_json(const persistence::import_report& done, bool dry_run) {
  json line = {{"dry_run", dry_run},           {"runs", done.imported.runs},
               {"flows", done.imported.flows}, {"records", done.imported.records},
               {"paused", done.paused},        {"pausing", done.pausing},
               {"skipped", done.skipped}};
  if (!done.missing_blobs.empty()) line["missing_blobs"] = done.missing_blobs;
  return line;
}

/// "Imported 12 runs and 2 versions of flows. 3 runs were running and are paused."
std::string import_sentence(const persistence::import_report& done, bool dry_run) {
  std::string text = (dry_run ? "Would import " : "Imported ") +
                     counted(done.imported.runs, "run") + " and " +
                     counted(done.imported.flows, "version", "versions") + " of flows.";
  if (done.paused > 0) text += " Running before, paused now: " + std::to_string(done.paused) + ".";
  if (done.pausing > 0) {
    text += " To be paused after their current steps, which are called again: " +
            std::to_string(done.pausing) + ".";
  }
  if (!done.missing_blobs.empty()) {
    text += " Blobs that they name and the store does not have: " +
            std::to_string(done.missing_blobs.size()) +
            ", such as sha256:" + *done.missing_blobs.begin() + ". Send them with PUT /v1/blobs.";
  }
  if (done.skipped > 0)
    text += " Left out, because they exist: " + std::to_string(done.skipped) + ".";
  return text;
}

/// A damaged file is invalid input, not a wrong use of the command.
exit_code fail_on_file(session& s, const std::string& file, const error& why) {
  const bool is_input = why.code == errc::invalid_argument || why.code == errc::invalid_flow ||
                        why.code == errc::corrupt;
  const std::string text = printable(file) + ": " + why.message;
  return s.fail(is_input ? exit_code::invalid_input : exit_code_of(why.code), text);
}

exit_code import_file(session& s, const import_arguments& given) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(given.file, failed)) {
    return s.fail(error{errc::not_found, "no such file: " + given.file +
                                             ". It is read twice, so it cannot be a pipe"});
  }
  std::ifstream file{given.file, std::ios::binary};
  if (!file) return s.fail(error{errc::io_failed, "cannot read " + given.file});
  const auto in = s.selected_scope();
  if (!in) return s.fail(in.error());
  const auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  const auto open = open_plain_store(s, loaded->values, store_use::create);
  if (!open) return s.fail(open.error());

  persistence::import_options how;
  how.into = *in;
  how.limits = actors::flow_limits(loaded->values);
  how.now = wall_clock();
  how.dry_run = given.dry_run;
  how.keep_running = given.keep_running;
  how.skip_existing = given.skip_existing;
  const auto ids = make_uuid_source();
  if (given.new_ids) {
    how.make_id = [&ids] { return ids->next(wall_clock()); };
    how.on_family = [&](const run_id& in_file, const run_id& now) {
      s.out().line(given.json ? one_line({{"run", in_file.str()}, {"id", now.str()}})
                              : printable(in_file.str() + " -> " + now.str()));
    };
  }
  const auto done = persistence::import_runs(**open, file, how);
  if (!done) return fail_on_file(s, given.file, done.error());
  if (const auto closed = (*open)->close(); !closed) return s.fail(closed.error());
  s.out().line(given.json ? one_line(import_json(*done, given.dry_run))
                          : import_sentence(*done, given.dry_run));
  return exit_code::ok;
}

}  // namespace

void add_runs_import(CLI::App& to, command_line& line) {
  auto given = std::make_shared<import_arguments>();
  auto* const cmd =
      add_command(to, "import", "Add the runs of a file that `pawl runs export` has written.",
                  "Examples:\n"
                  "  pawl runs import runs.jsonl --dry-run --data-dir ./data\n"
                  "  pawl runs import runs.jsonl --data-dir ./data\n"
                  "  pawl runs import runs.jsonl --new-ids --scope acme --data-dir ./data\n\n"
                  "Checks the whole file first: if a line is damaged or a run exists, nothing is\n"
                  "imported. Runs that were running come paused, because the store they come from\n"
                  "may go on with them, too. No other process may use the folder.");
  cmd->add_option("FILE", given->file, "File with exported runs")->required();
  cmd->add_flag("--new-ids", given->new_ids, "Make new run IDs, and print them");
  cmd->add_flag("--keep-running", given->keep_running, "Let running runs go on as they were");
  cmd->add_flag("--skip-existing", given->skip_existing, "Leave out runs that exist");
  cmd->add_flag("--dry-run", given->dry_run, "Check the file and import nothing");
  cmd->add_flag("--json", given->json, "Print JSON objects");
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return import_file(s, *given); }; });
}

}  // namespace pawl::cli
