#include <string>

#include "cli/commands/commands.hpp"
#include "cli/target/open_store.hpp"
#include "cli/text.hpp"
#include "cli/view/progress_line.hpp"
#include "persistence/rekey.hpp"
#include "persistence/store_upkeep.hpp"
#include "runtime/store_codec.hpp"

namespace pawl::cli {
namespace {

using persistence::rekeyed;

struct rekey_options {
  bool json = false;
};

void print_rekeyed(session& s, const rekeyed& done, const rekey_options& options) {
  if (options.json) {
    s.out().line(one_line(json{{"records", done.records},
                               {"rewritten", done.rewritten},
                               {"bytes", done.bytes},
                               {"left", done.left}}));
    return;
  }
  s.out().line("Rewrote " + counted(done.rewritten, "record") + " (" + size_text(done.bytes) +
               ") of " + std::to_string(done.records) + ".");
  if (done.left > 0) {
    s.out().line(counted(done.left, "record") +
                 " could not be read and stayed: damaged, or the key is dropped.");
  }
}

exit_code rekey_store(session& s, const rekey_options& options) {
  const auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  const storage_settings& storage = loaded->values.storage;
  if (storage.keys.empty()) {
    return s.fail(error{errc::invalid_argument,
                        "storage.keys is not set: it names the file whose first key encrypts the "
                        "records"});
  }
  const auto codec = make_store_codec(storage);
  if (!codec) return s.fail(codec.error());
  const auto opened = open_plain_store(s, loaded->values, store_use::existing, *codec);
  if (!opened) return s.fail(opened.error());
  progress_line progress{s.out(), s.screen()};
  const auto done = persistence::rekey(**opened, **codec, [&](const rekeyed& so_far) {
    progress.show([&] {
      return "read: " + counted(so_far.records, "record") +
             ", rewritten: " + std::to_string(so_far.rewritten);
    });
  });
  progress.clear();
  if (!done) return s.fail(done.error());
  // The tables still hold what was replaced.
  if (done->rewritten > 0)
    if (const auto compacted = (*opened)->upkeep()->compact(); !compacted)
      return s.fail(compacted.error());
  if (const auto closed = (*opened)->close(); !closed) return s.fail(closed.error());
  print_rekeyed(s, *done, options);
  return exit_code::ok;
}

}  // namespace

void add_store_rekey(CLI::App& to, command_line& line) {
  auto options = std::make_shared<rekey_options>();
  auto* const cmd = add_command(
      to, "rekey", "Encrypt all records with the key that writes.",
      "Example:\n"
      "  PAWL_STORAGE_KEYS=keys.txt pawl store rekey --data-dir ./data\n\n"
      "Rewrites what is not encrypted, or with a key that does not write any more, then\n"
      "compacts the store. Afterwards it needs only the keys that write. If it is\n"
      "interrupted, the next call rewrites the rest.");
  cmd->add_flag("--json", options->json, "Print one JSON object");
  cmd->callback([&line, options] {
    line.command = [options](session& s) { return rekey_store(s, *options); };
  });
}

}  // namespace pawl::cli
