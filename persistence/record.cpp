#include "persistence/record.hpp"

#include "persistence/crc32c.hpp"
#include "persistence/values/unopened.hpp"

namespace pawl::persistence {
namespace {

constexpr std::size_t header_bytes = 2;
constexpr std::size_t checksum_bytes = 4;
constexpr std::size_t smallest_record = header_bytes + checksum_bytes;

std::uint32_t read_checksum(std::string_view bytes) noexcept {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < checksum_bytes; ++i)
    sum |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return sum;
}

/// The kind as messages show it.
std::string name_of(std::uint8_t kind) {
  return std::string{to_string(static_cast<record_kind>(kind))} + " (" + std::to_string(kind) + ")";
}

std::string described(record_kind kind) {
  return "a stored " + std::string{to_string(kind)} + " record ";
}

error corrupt(record_kind expected, const std::string& what) {
  return {errc::corrupt, described(expected) + what};
}

error not_opened(record_kind expected, values::unopened why) {
  if (why == values::unopened::damaged)
    return corrupt(expected, "is damaged: it cannot be decompressed or decrypted");
  return {errc::not_supported,
          described(expected) + "is encrypted with a key that storage.keys does not have"};
}

}  // namespace

std::string_view to_string(record_kind kind) noexcept {
  switch (kind) {
    case record_kind::schema:
      return "schema";
    case record_kind::flow_head:
      return "flow_head";
    case record_kind::flow_version:
      return "flow_version";
    case record_kind::run_summary:
      return "run_summary";
    case record_kind::run_state:
      return "run_state";
    case record_kind::checkpoint:
      return "checkpoint";
    case record_kind::task_lease:
      return "task_lease";
    case record_kind::run_input:
      return "run_input";
    case record_kind::orphaned_run:
      return "orphaned_run";
    case record_kind::suspect:
      return "suspect";
    case record_kind::clock_lead:
      return "clock_lead";
    case record_kind::journal_group:
      return "journal_group";
    case record_kind::journal_block:
      return "journal_block";
    case record_kind::job_request:
      return "job_request";
    case record_kind::job_progress:
      return "job_progress";
    case record_kind::job_page:
      return "job_page";
    case record_kind::flow_numbers:
      return "flow_numbers";
    case record_kind::run_log_head:
      return "run_log_head";
    case record_kind::run_log_chunk:
      return "run_log_chunk";
    case record_kind::keys_in_use:
      return "keys_in_use";
    case record_kind::blob_head:
      return "blob_head";
    case record_kind::blob_chunk:
      return "blob_chunk";
  }
  return "unknown";
}

record_writer::record_writer(std::string& to, record_kind kind, std::uint8_t version)
    : byte_writer(to), record_(to), begin_(to.size()) {
  byte(version);
  enumerator(kind);
}

void record_writer::finish() {
  const std::uint32_t sum = crc32c(std::string_view{record_}.substr(begin_));
  const char checksum[checksum_bytes] = {static_cast<char>(sum), static_cast<char>(sum >> 8),
                                         static_cast<char>(sum >> 16),
                                         static_cast<char>(sum >> 24)};
  bytes({checksum, checksum_bytes});
}

result<opened_record> open_record(record_kind expected, std::string_view bytes) {
  if (const auto why = values::reason_of(bytes)) return not_opened(expected, *why);
  if (bytes.size() < smallest_record) {
    return corrupt(expected, "has " + std::to_string(bytes.size()) + " bytes; the minimum is " +
                                 std::to_string(smallest_record));
  }
  const auto covered = bytes.substr(0, bytes.size() - checksum_bytes);
  if (crc32c(covered) != read_checksum(bytes.substr(covered.size())))
    return corrupt(expected, "of " + std::to_string(bytes.size()) + " bytes fails its checksum");
  const auto kind = static_cast<std::uint8_t>(bytes[1]);
  if (kind != static_cast<std::uint8_t>(expected))
    return corrupt(expected, "has kind " + name_of(kind));
  const auto version = static_cast<std::uint8_t>(bytes[0]);
  if (version == 0) return corrupt(expected, "has version 0");
  return opened_record{version, byte_reader{covered.substr(header_bytes)}};
}

std::optional<record_kind> kind_of(std::string_view bytes) noexcept {
  if (bytes.size() < smallest_record) return std::nullopt;
  const auto kind = static_cast<record_kind>(bytes[1]);
  if (to_string(kind) == "unknown") return std::nullopt;
  return kind;
}

error body_error(record_kind kind, const byte_reader& body) {
  return {body.code(), described(kind) + body.reason() + ", at byte " +
                           std::to_string(header_bytes + body.place())};
}

error newer_version(record_kind kind, std::uint8_t version) {
  return {errc::schema_newer, described(kind) + "has version " + std::to_string(version) +
                                  ", which this build of Pawl does not support"};
}

}  // namespace pawl::persistence
