#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "persistence/rocksdb/backups.hpp"
#include "server/views.hpp"

namespace pawl::cli {
namespace {

struct backup_options {
  std::string folder;
  std::optional<std::uint32_t> id;
  std::string target;
  std::optional<std::uint32_t> keep;
  bool json = false;
};

std::string described(const backup_info& backup) {
  return "backup " + std::to_string(backup.id) + " of " + time_text(backup.created_at) + ", " +
         size_text(backup.bytes);
}

exit_code create(session& s, const backup_options& given) {
  if (s.uses_server() && !given.folder.empty()) {
    return s.fail(error{errc::invalid_argument,
                        "a server backs up to its own folder, the setting backup.dir; omit " +
                            printable(given.folder)});
  }
  if (!s.uses_server() && given.folder.empty())
    return s.fail(error{errc::invalid_argument, "no folder for the backup; name one"});
  if (s.uses_server() && given.keep) {
    return s.fail(error{errc::invalid_argument,
                        "--keep is not for servers; run `pawl backup prune` on the folder"});
  }
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  const auto made = (*opened)->back_up(given.folder);
  exit_code code = exit_code::ok;
  if (!made) {
    code = s.fail(made.error());
  } else if (given.json) {
    s.out().line(one_line(server::to_json(*made)));
  } else {
    s.out().line("Made " + described(*made) + ".");
  }
  code = s.close(**opened, code);
  if (code != exit_code::ok || !given.keep) return code;
  const auto pruned = persistence::prune_backups(given.folder, *given.keep);
  return pruned ? code : s.fail(pruned.error());
}

exit_code list(session& s, const backup_options& given) {
  const auto all = persistence::list_backups(given.folder);
  if (!all) return s.fail(all.error());
  exit_code code = exit_code::ok;
  if (!given.json) s.out().line(s.style().paint(tint::dim, "ID     MADE                  SIZE"));
  for (const auto& each : *all) {
    if (!each.info) {
      code = s.fail(each.info.error());
    } else if (given.json) {
      s.out().line(one_line(server::to_json(*each.info)));
    } else {
      s.out().line(pad(std::to_string(each.id), 5) + "  " + time_text(each.info->created_at) +
                   "  " + size_text(each.info->bytes));
    }
  }
  return code;
}

exit_code verify(session& s, const backup_options& given) {
  const auto good = persistence::verify_backup(given.folder, given.id);
  if (!good) return s.fail(good.error());
  s.out().line(given.json ? one_line(server::to_json(*good))
                          : "No damage: " + described(*good) + ".");
  return exit_code::ok;
}

exit_code restore(session& s, const backup_options& given) {
  const auto done = persistence::restore_backup(given.folder, given.id, given.target);
  if (!done) return s.fail(done.error());
  s.out().line(given.json ? one_line(server::to_json(*done))
                          : "Restored " + described(*done) + ", to " + printable(given.target) +
                                ".\nnext: pawl runs ls --data-dir " + shell_word(given.target));
  return exit_code::ok;
}

exit_code prune(session& s, const backup_options& given) {
  const auto pruned = persistence::prune_backups(given.folder, *given.keep);
  if (!pruned) return s.fail(pruned.error());
  s.out().line("Deleted " + counted(*pruned, "backup") + ".");
  return exit_code::ok;
}

using action = exit_code (*)(session&, const backup_options&);

/// Adds a subcommand with the options that all have.
CLI::App* add(CLI::App& group, command_line& line, const char* name, const char* description,
              const char* examples, const std::shared_ptr<backup_options>& given, action run) {
  auto* const cmd = add_command(group, name, description, examples);
  cmd->add_option("FOLDER", given->folder, "Folder with backups");
  cmd->add_flag("--json", given->json, "Print one JSON object per backup");
  cmd->callback(
      [&line, given, run] { line.command = [given, run](session& s) { return run(s, *given); }; });
  return cmd;
}

void add_id(CLI::App& to, backup_options& given) {
  to.add_option("--id", given.id, "Number of the backup; default: the newest")
      ->type_name("N")
      ->check(positive_number);
}

CLI::Option* add_keep(CLI::App& to, backup_options& given, const char* description) {
  return to.add_option("--keep", given.keep, description)->type_name("N")->check(positive_number);
}

}  // namespace

void add_backup(CLI::App& to, command_line& line) {
  auto* const group = add_command(
      to, "backup", "Back up a store, also of a running server; verify and restore backups.",
      "Examples:\n"
      "  pawl backup create /backup/pawl --data-dir ./data\n"
      "  pawl backup create --server http://127.0.0.1:7717\n"
      "  pawl backup restore /backup/pawl ./restored\n\n"
      "Backups in one folder share the files that have not changed. API keys are not\n"
      "part of a backup.");
  const auto given = std::make_shared<backup_options>();
  auto* const creating =
      add(*group, line, "create", "Add a backup to a folder, or to that of a server.",
          "Examples:\n"
          "  pawl backup create /backup/pawl --keep 7 --data-dir ./data\n"
          "  pawl backup create --server http://127.0.0.1:7717\n\n"
          "The backup has everything that was acknowledged before. A server goes on\n"
          "working; it backs up to its setting backup.dir, for keys with the role admin and\n"
          "every scope.",
          given, create);
  add_keep(*creating, *given, "Afterwards delete all backups but the newest N");
  auto* const listing = add(*group, line, "list", "List the backups in a folder, oldest first.",
                            "Example:\n  pawl backup list /backup/pawl", given, list);
  auto* const verifying = add(*group, line, "verify", "Read a backup and compare its checksums.",
                              "Example:\n  pawl backup verify /backup/pawl --id 3", given, verify);
  add_id(*verifying, *given);
  auto* const restoring =
      add(*group, line, "restore", "Verify a backup and copy it to a new folder.",
          "Example:\n"
          "  pawl backup restore /backup/pawl ./restored\n\n"
          "The target must be empty or not exist. Start a server on it only\n"
          "if the old one is stopped for good: both would continue the runs.",
          given, restore);
  restoring->add_option("TARGET", given->target, "New data folder")->required();
  add_id(*restoring, *given);
  auto* const pruning = add(*group, line, "prune", "Delete all backups but the newest.",
                            "Example:\n"
                            "  pawl backup prune /backup/pawl --keep 7\n\n"
                            "What was deleted from a store stays in its backups until they are\n"
                            "pruned.",
                            given, prune);
  add_keep(*pruning, *given, "Number of backups to keep")->required();
  for (auto* const cmd : {listing, verifying, restoring, pruning})
    cmd->get_option("FOLDER")->required();
}

}  // namespace pawl::cli
