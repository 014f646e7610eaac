#include "cli/commands/commands.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct blob_show_options {
  std::string hash;
  bool json = false;
};

void print_blob(session& s, const blob_info& blob) {
  s.out().line("sha256:" + blob.hash);
  s.out().line("size  " + std::to_string(blob.size) + " bytes (" + size_text(blob.size) + ")");
  s.out().line("type  " + printable(blob.type));
  if (blob.created_at != time_point{}) s.out().line("made  " + time_text(blob.created_at));
}

exit_code show_blob(session& s, const blob_show_options& given) {
  const auto hash = parse_blob_hash(given.hash);
  if (!hash) return s.fail(hash.error());
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  const auto found = (*opened)->get_blob(*hash);
  exit_code code = exit_code::ok;
  if (!found) {
    code = s.fail(found.error());
  } else if (given.json) {
    s.out().line(one_line(reference_to(*found)));
  } else {
    print_blob(s, *found);
  }
  return s.close(**opened, code);
}

void add_blobs_show(CLI::App& to, command_line& line) {
  auto given = std::make_shared<blob_show_options>();
  auto* const cmd = add_command(to, "show", "Show the size and the media type of a blob.",
                                "Example:\n"
                                "  pawl blobs show sha256:6f0e… --server http://127.0.0.1:7717");
  cmd->add_option("HASH", given->hash, "Hash of the blob, with or without \"sha256:\"")->required();
  cmd->add_flag("--json", given->json, "Print the reference to the blob");
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return show_blob(s, *given); }; });
}

}  // namespace

void add_blobs(CLI::App& to, command_line& line) {
  auto* const group =
      add_command(to, "blobs", "Store and read blobs: values too large for the data of a run.",
                  "Examples:\n"
                  "  pawl blobs put scan.pdf --type application/pdf --data-dir ./data\n"
                  "  pawl blobs get sha256:6f0e… -o scan.pdf --data-dir ./data\n\n"
                  "The data of a run refers to a blob by the line that `put` prints. A blob that\n"
                  "no run refers to is deleted after the setting blobs.grace_ms.");
  add_blobs_put(*group, line);
  add_blobs_get(*group, line);
  add_blobs_show(*group, line);
}

}  // namespace pawl::cli
