#include <cstdint>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/commands/find_store.hpp"
#include "cli/text.hpp"
#include "persistence/migrations.hpp"
#include "persistence/rocksdb/store_check.hpp"
#include "persistence/rocksdb/store_info.hpp"
#include "runtime/store_codec.hpp"

namespace pawl::cli {
namespace {

using persistence::store_report;

struct store_options {
  bool accept_loss = false;
  bool json = false;
};

json to_json(const store_report& report, bool repaired) {
  json damage = json::array(), runs = json::array();
  for (const auto& part : report.damage) {
    damage.push_back({{"file", part.file},
                      {"offset", part.offset ? json(*part.offset) : json(nullptr)},
                      {"column", part.column},
                      {"what", part.what}});
  }
  for (const auto& lost : report.runs) {
    runs.push_back(
        {{"scope", lost.run.scope.str()}, {"id", lost.run.id.str()}, {"what", lost.what}});
  }
  return {{"good", report.is_good()},
          {"opens", report.opens},
          {"repaired", repaired},
          {"damage", std::move(damage)},
          {"runs", std::move(runs)},
          {"names_all_runs", report.names_all_runs},
          {"runs_checked", report.runs_checked},
          {"runs_given_up", report.runs_given_up},
          {"blobs_checked", report.blobs_checked},
          {"blobs_unknown", report.blobs_unknown}};
}

json to_json(const persistence::store_contents& contents) {
  json records = json::array();
  for (const auto& each : contents.records) {
    records.push_back({{"column", to_string(each.where)},
                       {"kind", each.kind},
                       {"version", each.version == 0 ? json(nullptr) : json(each.version)},
                       {"records", each.records},
                       {"bytes", each.bytes}});
  }
  json keys = json::array();
  for (const auto& key : contents.keys) {
    keys.push_back({{"name", key.name},
                    {"id", persistence::values::id_text(key.id)},
                    {"records", key.records}});
  }
  return {{"schema", contents.schema ? json(*contents.schema) : json(nullptr)},
          {"newest_schema", persistence::current_schema()},
          {"compressed", contents.compressed},
          {"encrypted", contents.encrypted},
          {"keys", std::move(keys)},
          {"records", std::move(records)}};
}

/// How the records are stored, and the ids of the keys that this takes.
void print_forms(session& s, const persistence::store_contents& contents) {
  s.out().line("Compressed: " + counted(contents.compressed, "record") +
               "; encrypted: " + counted(contents.encrypted, "record") + ".");
  for (const auto& key : contents.keys) {
    s.out().line("  " + printable(persistence::values::to_text(key.name, key.id)) + ": " +
                 counted(key.records, "record"));
  }
}

exit_code show_info(session& s, const store_options& options) {
  const auto store = find_store(s);
  if (!store) return s.fail(store.error());
  const auto contents = persistence::count_rocksdb_contents(store->data_dir);
  if (!contents) return s.fail(contents.error());
  if (options.json) {
    s.out().line(one_line(to_json(*contents)));
    return exit_code::ok;
  }
  s.out().line("Schema " + (contents->schema ? std::to_string(*contents->schema) : "none") +
               "; this version of Pawl writes " + std::to_string(persistence::current_schema()) +
               ".");
  print_forms(s, *contents);
  const auto print = [&s](std::string_view where, std::string_view kind, std::string_view version,
                          const std::string& records, const std::string& bytes) {
    s.out().line(pad(std::string{where}, 13) + pad(std::string{kind}, 15) +
                 pad(std::string{version}, 9) + pad(records, 12) + bytes);
  };
  if (!contents->records.empty()) print("COLUMN", "KIND", "VERSION", "RECORDS", "BYTES");
  for (const auto& each : contents->records) {
    print(to_string(each.where), each.kind, each.version == 0 ? "-" : std::to_string(each.version),
          std::to_string(each.records), std::to_string(each.bytes));
  }
  return exit_code::ok;
}

std::string count_of(std::uint64_t runs) {
  return std::to_string(runs) + (runs == 1 ? " run" : " runs");
}

void print_report(session& s, const store_report& report) {
  if (!report.damage.empty()) s.out().line("Damage:");
  for (const auto& part : report.damage) s.out().line("  " + printable(persistence::to_text(part)));
  if (!report.runs.empty()) s.out().line("Runs that lost something:");
  for (const auto& lost : report.runs) {
    s.out().line("  " + printable(lost.run.id.str()) + " (scope " +
                 printable(lost.run.scope.str()) + "): " + printable(lost.what));
  }
  if (!report.names_all_runs) {
    s.out().line(
        "Other runs may have lost something, too: damaged bytes do not show to which run\n"
        "they belonged.");
  }
}

exit_code check_store(session& s, const store_options& options) {
  const auto found = find_store(s);
  if (!found) return s.fail(found.error());
  auto codec = make_store_codec(*found);
  if (!codec) return s.fail(codec.error());
  const auto report = persistence::check_rocksdb_store(found->data_dir, *std::move(codec));
  if (!report) return s.fail(report.error());
  const bool good = report->is_good();
  if (options.json) {
    s.out().line(one_line(to_json(*report, false)));
  } else {
    print_report(s, *report);
  }
  const std::string store = "the store in " + printable(found->data_dir.string());
  if (good && !options.json) {
    s.out().line("No damage: " + count_of(report->runs_checked) + " checked.");
    if (report->runs_given_up > 0)
      s.out().line(
          "Not readable, because their key is dropped: " + count_of(report->runs_given_up) + ".");
  }
  if (good) return exit_code::ok;
  if (report->has_only_leftovers()) {
    return s.fail(exit_code::store, store +
                                        " works, but has records of blobs that belong to "
                                        "nothing. `pawl store repair --accept-loss` deletes "
                                        "them; nothing is lost");
  }
  if (!report->opens) {
    return s.fail(
        exit_code::store,
        store + " is damaged and does not open. Restore the folder from a backup" +
            (report->can_be_repaired() ? ", or copy it and run `pawl store repair --accept-loss`"
                                       : ". This damage cannot be repaired"));
  }
  return s.fail(exit_code::store,
                store +
                    " is damaged; it opens, but the damaged runs cannot continue. Restore the "
                    "folder from a backup");
}

exit_code repair_store(session& s, const store_options& options) {
  if (!options.accept_loss) {
    return s.fail(error{errc::invalid_argument,
                        "repairing loses acknowledged changes for good; use --accept-loss to "
                        "confirm, and copy the data folder first"});
  }
  const auto found = find_store(s);
  if (!found) return s.fail(found.error());
  auto codec = make_store_codec(*found);
  if (!codec) return s.fail(codec.error());
  const auto report = persistence::repair_rocksdb_store(found->data_dir, *std::move(codec));
  if (!report) return s.fail(report.error());
  const bool repaired = !report->damage.empty();
  if (options.json) {
    s.out().line(one_line(to_json(*report, repaired)));
    return exit_code::ok;
  }
  print_report(s, *report);
  s.out().line(!repaired                      ? "No damage: nothing was changed."
               : report->has_only_leftovers() ? "Repaired: what belonged to nothing is deleted."
                                              : "Repaired: the store opens at its state before "
                                                "the damage.");
  return exit_code::ok;
}

}  // namespace

void add_store(CLI::App& to, command_line& line) {
  auto* const group =
      add_command(to, "store", "Describe, check, repair, rekey and copy a store.",
                  "Examples:\n"
                  "  pawl store info --data-dir ./data\n"
                  "  pawl store stats --data-dir ./data\n"
                  "  pawl store check --data-dir ./data\n"
                  "  pawl store repair --accept-loss --data-dir ./data\n"
                  "  pawl store rekey --data-dir ./data\n"
                  "  pawl store copy --from ./data --to postgres://pawl@db.example.com/pawl\n\n"
                  "No other process may use the store meanwhile.");
  add_store_copy(*group, line);
  auto options = std::make_shared<store_options>();
  auto* const check =
      add_command(*group, "check", "Read the whole store and report all damage.",
                  "Example:\n"
                  "  pawl store check --data-dir ./data --json\n\n"
                  "Reports the file, the offset and the runs that lost something. Exits with 6\n"
                  "if there is damage.");
  check->add_flag("--json", options->json, "Print one JSON object");
  check->callback([&line, options] {
    line.command = [options](session& s) { return check_store(s, *options); };
  });
  auto* const info =
      add_command(*group, "info", "Count the records of a store by kind and version.",
                  "Example:\n"
                  "  pawl store info --data-dir ./data\n\n"
                  "Reads the whole store and changes nothing. Shows how many records are\n"
                  "compressed and encrypted, and the ids of the keys. Needs no key.");
  info->add_flag("--json", options->json, "Print one JSON object");
  info->callback([&line, options] {
    line.command = [options](session& s) { return show_info(s, *options); };
  });
  add_store_stats(*group, line);
  auto* const repair = add_command(
      *group, "repair", "Open a store with a damaged log at its state before the damage.",
      "Example:\n"
      "  cp -a ./data ./data.damaged\n"
      "  pawl store repair --accept-loss --data-dir ./data\n\n"
      "Acknowledged changes after the damage are lost for good. The runs that lost\n"
      "something are listed; they continue from an earlier checkpoint, so some of their\n"
      "steps run again.");
  repair->add_flag("--accept-loss", options->accept_loss, "Confirm the loss");
  repair->add_flag("--json", options->json, "Print one JSON object");
  repair->callback([&line, options] {
    line.command = [options](session& s) { return repair_store(s, *options); };
  });
  add_store_rekey(*group, line);
}

}  // namespace pawl::cli
