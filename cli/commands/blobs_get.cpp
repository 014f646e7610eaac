#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>

#include "cli/commands/commands.hpp"
#include "cli/text.hpp"
#include "cli/view/progress_line.hpp"
#include "cli/whole_file.hpp"

namespace pawl::cli {
namespace {

struct blob_get_options {
  std::string hash;
  std::string file;  ///< "-": standard output, also if it is a terminal; "": the same, but not then
  bool force = false;
};

/// Whether bytes show as text and cannot control a terminal.
bool is_harmless(std::string_view bytes) {
  unsigned char last = 0;
  return std::all_of(bytes.begin(), bytes.end(), [&last](char c) {
    const auto code = static_cast<unsigned char>(c);
    // The control characters of C1 are two bytes of UTF-8.
    const bool is_c1 = std::exchange(last, code) == 0xc2 && code >= 0x80 && code <= 0x9f;
    const bool is_c0 = code < 0x20 && c != '\n' && c != '\t' && c != '\r';
    return !is_c0 && !is_c1 && code != 0x7f;
  });
}

/// Reads a blob and compares it with its hash.
result<void> read_checked(target& from, const blob_info& blob, const blob_sink& to) {
  detail::sha256_sum sum;
  std::uint64_t size = 0;
  auto done = from.read_blob(blob.hash, [&](std::string_view bytes) {
    sum.add(bytes);
    size += bytes.size();
    return to(bytes);
  });
  if (!done) return done;
  const std::string name = "the blob sha256:" + blob.hash;
  if (size < blob.size) {
    return error{errc::unavailable, name + " ended after " + std::to_string(size) + " of " +
                                        std::to_string(blob.size) + " bytes"};
  }
  if (detail::to_hex(sum.finish()) == blob.hash) return {};
  return error{errc::corrupt, "the bytes that were read are not those of " + name};
}

result<void> print_blob_bytes(session& s, target& from, const blob_info& blob, bool also_binary) {
  const bool checks_text = !also_binary && ::isatty(STDOUT_FILENO) == 1;
  auto done = read_checked(from, blob, [&](std::string_view bytes) -> result<void> {
    if (checks_text && !is_harmless(bytes)) {
      return error{errc::invalid_argument,
                   "the blob is binary, and standard output is a terminal: use -o FILE to write a "
                   "file, or -o - to print it all the same"};
    }
    s.out().write(bytes);
    if (!s.out().closed()) return {};
    return error{errc::io_failed, "standard output was closed"};
  });
  s.out().flush();
  return done;
}

result<void> write_blob_file(session& s, target& from, const blob_info& blob, whole_file& to) {
  std::uint64_t received = 0;
  progress_line progress{s.out(), s.screen()};
  auto done = read_checked(from, blob, [&](std::string_view bytes) -> result<void> {
    if (s.stop_signals().requested()) return error{errc::cancelled, "stopped; nothing was written"};
    received += bytes.size();
    progress.show(
        [&] { return "received: " + size_text(received) + " of " + size_text(blob.size); });
    return to.write(bytes);
  });
  progress.clear();
  return done ? to.finish() : done;
}

exit_code get_blob_from(session& s, target& from, const std::string& hash,
                        const blob_get_options& given, std::optional<whole_file>& file) {
  const auto blob = from.get_blob(hash);
  if (!blob) return s.fail(blob.error());
  const auto done = file ? write_blob_file(s, from, *blob, *file)
                         : print_blob_bytes(s, from, *blob, given.file == "-");
  if (done) return exit_code::ok;
  if (!file && s.out().closed()) return exit_code::broken_pipe;
  const exit_code code = s.fail(done.error());
  return s.stop_signals().code().value_or(code);
}

exit_code get_blob(session& s, const blob_get_options& given) {
  const auto hash = parse_blob_hash(given.hash);
  if (!hash) return s.fail(hash.error());
  std::optional<whole_file> file;
  if (!given.file.empty() && given.file != "-") {
    auto begun = whole_file::begin(
        given.file, given.force ? whole_file::existing::replace : whole_file::existing::keep);
    if (!begun) {
      const bool can_force = begun.error().code == errc::already_exists && !given.force;
      return s.fail(exit_code_of(begun.error().code),
                    begun.error().message + (can_force ? "; --force replaces it" : ""));
    }
    file.emplace(*std::move(begun));
    s.stop_signals().enable_graceful_stop();  // so that no part of the file is left
  }
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  return s.close(**opened, get_blob_from(s, **opened, *hash, given, file));
}

}  // namespace

void add_blobs_get(CLI::App& to, command_line& line) {
  auto given = std::make_shared<blob_get_options>();
  auto* const cmd =
      add_command(to, "get", "Write the bytes of a blob to standard output or a file.",
                  "Examples:\n"
                  "  pawl blobs get sha256:6f0e… -o scan.pdf --data-dir ./data\n"
                  "  pawl blobs get sha256:6f0e… --server http://127.0.0.1:7717 | tar -t\n\n"
                  "The bytes are compared with the hash: a file is written only if they fit.\n"
                  "What was printed is wrong or incomplete if the exit code is not 0.");
  cmd->add_option("HASH", given->hash, "Hash of the blob, with or without \"sha256:\"")->required();
  cmd->add_option("-o,--output", given->file,
                  "File to write; - for standard output, also if that is a terminal and the blob "
                  "is binary")
      ->type_name("FILE")
      ->check(not_empty);
  cmd->add_flag("--force", given->force, "Replace a file that exists");
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return get_blob(s, *given); }; });
}

}  // namespace pawl::cli
