#include "cli/commands/commands.hpp"
#include "cli/read.hpp"
#include "cli/text.hpp"
#include "cli/view/progress_line.hpp"

namespace pawl::cli {
namespace {

struct blob_put_options {
  std::string file;
  std::string type{default_blob_type};
  std::string hash;
};

result<blob_info> send_blob(session& s, target& to, const input_file& from,
                            const blob_put_options& given, const std::string& hash) {
  const auto size = from.size();
  const std::string of = size ? " of " + size_text(*size) : "";
  std::uint64_t sent = 0;
  progress_line progress{s.out(), s.screen()};
  auto made = to.put_blob(
      [&] {
        auto bytes = from.read();
        if (bytes) sent += bytes->size();
        progress.show([&] { return "sent: " + size_text(sent) + of; });
        return bytes;
      },
      given.type, hash);
  progress.clear();
  return made;
}

exit_code put_blob(session& s, const blob_put_options& given) {
  std::string hash;
  if (!given.hash.empty()) {
    auto digits = parse_blob_hash(given.hash);
    if (!digits) return s.fail(digits.error());
    hash = *std::move(digits);
  }
  const auto from = input_file::open(given.file);
  if (!from) return s.fail(from.error());
  const auto opened = s.open_target(store_use::create);
  if (!opened) return s.fail(opened.error());
  const auto made = send_blob(s, **opened, *from, given, hash);
  exit_code code = exit_code::ok;
  if (!made) {
    code = s.fail(made.error());
  } else {
    s.out().line(one_line(reference_to(*made)));
  }
  return s.close(**opened, code);
}

}  // namespace

void add_blobs_put(CLI::App& to, command_line& line) {
  auto given = std::make_shared<blob_put_options>();
  auto* const cmd = add_command(
      to, "put", "Store a file as a blob and print the reference to it.",
      "Examples:\n"
      "  pawl blobs put scan.pdf --type application/pdf --data-dir ./data\n"
      "  tar -c photos | pawl blobs put - --server http://127.0.0.1:7717\n\n"
      "Prints {\"$blob\":\"sha256:…\",\"size\":…,\"type\":\"…\"}: the value that data has in its\n"
      "place. The same bytes are stored once, with the type of the first time.");
  cmd->add_option("FILE", given->file, "File; - for standard input")->required();
  cmd->add_option("--type", given->type, "Media type; default: application/octet-stream")
      ->type_name("TYPE")
      ->check(not_empty);
  cmd->add_option("--hash", given->hash, "Refuse bytes with another hash")
      ->type_name("HASH")
      ->check(not_empty);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return put_blob(s, *given); }; });
}

}  // namespace pawl::cli
