#include "persistence/record.hpp"

#include <algorithm>
#include <exception>

#include "persistence/crc32c.hpp"

namespace pawl::persistence {
namespace {

constexpr std::size_t header_bytes = 2;
constexpr std::size_t checksum_bytes = 4;
constexpr std::size_t smallest_record = header_bytes + 1 + checksum_bytes;

void append_checksum(std::string& record) {
  const std::uint32_t sum = crc32c(record);
  const char bytes[checksum_bytes] = {static_cast<char>(sum), static_cast<char>(sum >> 8),
                                      static_cast<char>(sum >> 16), static_cast<char>(sum >> 24)};
  record.append(bytes, checksum_bytes);
}

std::uint32_t read_checksum(std::string_view bytes) noexcept {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < checksum_bytes; ++i)
    sum |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return sum;
}

/// Decoding is recursive. This depth fits on any stack; valid records are far less deep.
constexpr std::size_t max_depth = 1'500;

/// Parses CBOR without building values. Stops at bytes that nest too deep or are not CBOR.
class depth_meter final : public nlohmann::json_sax<json> {
 public:
  [[nodiscard]] bool is_too_deep() const noexcept { return depth_ > max_depth; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool key(string_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= max_depth; }
  bool end_object() override { return --depth_, true; }
  bool start_array(std::size_t) override { return ++depth_ <= max_depth; }
  bool end_array() override { return --depth_, true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  std::size_t depth_ = 0;
};

bool is_too_deep(std::string_view cbor) {
  // Each level needs a byte of major type 4 or 5 (RFC 8949, 3.1). Few records have enough of them
  // to need the parse below.
  const auto begins_level = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  if (std::count_if(cbor.begin(), cbor.end(), begins_level) <=
      static_cast<std::ptrdiff_t>(max_depth))
    return false;
  depth_meter meter;
  return !json::sax_parse(cbor.data(), cbor.data() + cbor.size(), &meter,
                          json::input_format_t::cbor) &&
         meter.is_too_deep();
}

/// The kind as messages show it.
std::string name_of(std::uint8_t kind) {
  return std::string{to_string(static_cast<record_kind>(kind))} + " (" + std::to_string(kind) + ")";
}

error corrupt(record_kind expected, const std::string& what) {
  return {errc::corrupt, "a stored " + std::string{to_string(expected)} + " record " + what};
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
    case record_kind::checkpoint_snapshot:
      return "checkpoint_snapshot";
    case record_kind::checkpoint_delta:
      return "checkpoint_delta";
    case record_kind::task_lease:
      return "task_lease";
    case record_kind::run_input:
      return "run_input";
    case record_kind::orphaned_run:
      return "orphaned_run";
    case record_kind::suspect:
      return "suspect";
    case record_kind::journal_group:
      return "journal_group";
  }
  return "unknown";
}

std::string seal(record_kind kind, std::uint8_t version, const json& body) {
  std::string record;
  record.reserve(512);  // one allocation for most records
  record.push_back(static_cast<char>(version));
  record.push_back(static_cast<char>(kind));
  json::to_cbor(body, record);
  append_checksum(record);
  return record;
}

result<opened> open(record_kind expected, std::string_view bytes) {
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

  opened result{static_cast<std::uint8_t>(bytes[0]), {}};
  const auto body = covered.substr(header_bytes);
  if (is_too_deep(body)) return corrupt(expected, "is nested too deep");
  try {
    // Exceptions are disabled, but a length that exceeds memory still throws.
    result.body = json::from_cbor(body.data(), body.data() + body.size(), true, false);
  } catch (const std::exception& failure) {
    return corrupt(expected, std::string{"cannot be decoded: "} + failure.what());
  }
  if (result.body.is_discarded()) return corrupt(expected, "is not CBOR");
  return result;
}

std::optional<record_kind> kind_of(std::string_view bytes) noexcept {
  if (bytes.size() < smallest_record) return std::nullopt;
  const auto kind = static_cast<record_kind>(bytes[1]);
  if (to_string(kind) == "unknown") return std::nullopt;
  return kind;
}

}  // namespace pawl::persistence
