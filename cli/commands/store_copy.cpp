#include <filesystem>
#include <string>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/text.hpp"
#include "cli/view/progress_line.hpp"
#include "config/url_password.hpp"
#include "persistence/postgres/postgres_store.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"
#include "persistence/store_copy.hpp"
#include "runtime/store_codec.hpp"

namespace pawl::cli {
namespace {

struct copy_arguments {
  std::string from;
  std::string to;
  bool json = false;
};

bool is_database(const std::string& text) {
  return text.find("://") != std::string::npos;
}

/// Opens one end of a copy. `exists`: it must be a store already.
result<std::unique_ptr<persistence::store>> open_end(const std::string& where, const settings& with,
                                                     persistence::values::codec_ptr codec,
                                                     bool exists) {
  if (is_database(where)) {
    persistence::postgres_options options;
    options.cluster = with.cluster.name;
    options.node = "pawl store copy";
    options.lease = with.cluster.lease_ttl_ms;
    options.codec = std::move(codec);
    return persistence::open_postgres_store(where, options);
  }
  std::error_code failed;
  const std::filesystem::path folder{where};
  if (exists && !std::filesystem::exists(folder / "PAWL", failed) &&
      !std::filesystem::exists(folder / "CURRENT", failed))
    return error{errc::not_found, "no store in " + printable(where) + "; check --from"};
  persistence::rocksdb_options options;
  options.codec = std::move(codec);
  options.cache_bytes = with.storage.cache_bytes;
  options.memtable_bytes = with.storage.memtable_bytes;
  return persistence::open_rocksdb_store(folder, options);
}

std::string progress_text(const persistence::copy_counts& counts) {
  return counts.verified == 0 ? "copied: " + std::to_string(counts.records) + " records"
                              : "compared: " + std::to_string(counts.verified) + " of " +
                                    std::to_string(counts.records) + " records";
}

result<persistence::copy_counts> copy(session& s, const copy_arguments& arguments) {
  const auto loaded = s.load_settings();
  if (!loaded) return loaded.error();
  if (arguments.from == arguments.to)
    return error{errc::invalid_argument, "--from and --to name the same store"};
  const auto codec = make_store_codec(loaded->values.storage);
  if (!codec) return codec.error();
  auto source = open_end(arguments.from, loaded->values, *codec, true);
  if (!source) return std::move(source).error();
  auto target = open_end(arguments.to, loaded->values, *codec, false);
  if (!target) return std::move(target).error();
  s.stop_signals().enable_graceful_stop();
  progress_line progress{s.out(), s.screen()};
  auto counts = persistence::copy_store(*(*source)->durable_view(), **target,
                                        [&](const persistence::copy_counts& so_far) {
                                          progress.show([&] { return progress_text(so_far); });
                                          return !s.stop_signals().requested();
                                        });
  progress.clear();
  if (!counts) return counts;
  if (auto closed = (*target)->close(); !closed) return std::move(closed).error();
  return counts;
}

exit_code copy_store(session& s, const copy_arguments& arguments) {
  const auto counts = copy(s, arguments);
  if (!counts) {
    const auto code = s.stop_signals().code();
    return code ? s.fail(*code, counts.error().message) : s.fail(counts.error());
  }
  if (arguments.json) {
    s.out().line(one_line({{"records", counts->records},
                           {"bytes", counts->bytes},
                           {"written", counts->written},
                           {"left", counts->left},
                           {"compared", counts->verified}}));
  } else {
    s.out().line("Copied " + counted(counts->records, "record") + " (" +
                 std::to_string(counts->bytes) + " bytes) to " +
                 printable(config::without_password(arguments.to)) +
                 " and compared all of them: no difference.");
    if (counts->left > 0) {
      s.out().line(counted(counts->left, "record") +
                   " could not be read, because the key is dropped, and was left out.");
    }
  }
  return exit_code::ok;
}

}  // namespace

void add_store_copy(CLI::App& to, command_line& line) {
  auto arguments = std::make_shared<copy_arguments>();
  auto* const cmd = add_command(
      to, "copy", "Copy a store to a database or a folder, and compare both.",
      "Examples:\n"
      "  pawl store copy --from ./data --to postgres://pawl@db.example.com/pawl\n"
      "  pawl store copy --from postgres://pawl@db.example.com/pawl --to ./data\n\n"
      "The target must be empty. After an interruption the same command continues; until it\n"
      "has ended, the target cannot be used. No process may use either store meanwhile. A\n"
      "password may be in the variable PGPASSWORD or in ~/.pgpass.");
  cmd->add_option("--from", arguments->from, "Store to read")->type_name("DIR|URL")->required();
  cmd->add_option("--to", arguments->to, "Store to write")->type_name("DIR|URL")->required();
  cmd->add_flag("--json", arguments->json, "Print one JSON object");
  cmd->callback([&line, arguments] {
    line.command = [arguments](session& s) { return copy_store(s, *arguments); };
  });
}

}  // namespace pawl::cli
