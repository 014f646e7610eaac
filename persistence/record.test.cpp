#include "persistence/record.hpp"

#include <pawl/detail/hex.hpp>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

std::string sealed(record_kind kind, std::uint8_t version, std::string_view body) {
  std::string bytes;
  record_writer out{bytes, kind, version};
  out.bytes(body);
  out.finish();
  return bytes;
}

const std::string body = "grüß dich und alle anderen";

/// The body of version 1 is a text, that of version 2 a number.
std::string text_of(byte_reader& from) {
  return std::string{from.text()};
}
std::string number_of(byte_reader& from) {
  return std::to_string(from.varint());
}

result<std::string> decode(std::string_view bytes) {
  return decode_record<std::string>(record_kind::flow_head, bytes, {text_of, number_of});
}

}  // namespace

TEST_CASE("a record opens to the same version and body", "[record]") {
  for (const std::string& each : {body, std::string{}, std::string(100'000, 'x')}) {
    const std::string bytes = sealed(record_kind::run_summary, 9, each);
    const auto record = open_record(record_kind::run_summary, bytes);
    REQUIRE(record);
    CHECK(record->version == 9);
    byte_reader in = record->body;
    CHECK(in.bytes(in.left()) == each);
  }
}

TEST_CASE("records are appended to what a buffer has", "[record]") {
  const std::string first = sealed(record_kind::flow_head, 1, "a");
  std::string buffer = first;
  record_writer out{buffer, record_kind::flow_head, 2};
  out.varint(7);
  out.finish();
  CHECK(buffer == first + sealed(record_kind::flow_head, 2, "\x07"));
}

TEST_CASE("the bytes of a record never change", "[record]") {
  // Version 1, kind 2, the body and the checksum. Stores in the field hold these bytes.
  CHECK(pawl::detail::to_hex(sealed(record_kind::flow_head, 1, "\xa1\x61\x61\x01")) ==
        "0102a16161010668cd72");
  CHECK(static_cast<int>(record_kind::schema) == 1);
  CHECK(static_cast<int>(record_kind::flow_head) == 2);
  CHECK(static_cast<int>(record_kind::flow_version) == 3);
  CHECK(static_cast<int>(record_kind::run_summary) == 4);
  CHECK(static_cast<int>(record_kind::run_state) == 5);
  CHECK(static_cast<int>(record_kind::checkpoint) == 6);
  CHECK(static_cast<int>(record_kind::task_lease) == 7);
  CHECK(static_cast<int>(record_kind::journal_group) == 8);
  CHECK(static_cast<int>(record_kind::journal_block) == 13);
  CHECK(static_cast<int>(record_kind::job_request) == 14);
  CHECK(static_cast<int>(record_kind::job_progress) == 15);
  CHECK(static_cast<int>(record_kind::job_page) == 16);
  CHECK(static_cast<int>(record_kind::flow_numbers) == 17);
  CHECK(static_cast<int>(record_kind::run_log_head) == 18);
  CHECK(static_cast<int>(record_kind::run_log_chunk) == 19);
  CHECK(static_cast<int>(record_kind::keys_in_use) == 20);
  CHECK(static_cast<int>(record_kind::blob_head) == 21);
  CHECK(static_cast<int>(record_kind::blob_chunk) == 22);
  CHECK(static_cast<int>(record_kind::run_input) == 9);
  CHECK(static_cast<int>(record_kind::orphaned_run) == 10);
  CHECK(static_cast<int>(record_kind::suspect) == 11);
}

TEST_CASE("an error about a record of another kind names both kinds", "[record]") {
  const auto record =
      open_record(record_kind::flow_version, sealed(record_kind::run_summary, 1, body));
  REQUIRE_FALSE(record);
  CHECK(record.error().code == errc::corrupt);
  CHECK(record.error().message == "a stored flow_version record has kind run_summary (4)");
}

TEST_CASE("every flipped bit of a record is detected", "[record]") {
  const std::string good = sealed(record_kind::checkpoint, 1, body);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      const auto record = open_record(record_kind::checkpoint, bad);
      CAPTURE(at, bit);
      REQUIRE_FALSE(record);
      REQUIRE(record.error().code == errc::corrupt);
    }
  }
}

TEST_CASE("every truncation and extension of a record is detected", "[record]") {
  const std::string good = sealed(record_kind::checkpoint, 1, body);
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    const auto record =
        open_record(record_kind::checkpoint, std::string_view{good}.substr(0, size));
    REQUIRE_FALSE(record);
    REQUIRE(record.error().code == errc::corrupt);
  }
  REQUIRE_FALSE(open_record(record_kind::checkpoint, good + '\0'));
}

TEST_CASE("a record is decoded by the decoder of its version", "[record]") {
  CHECK(*decode(sealed(record_kind::flow_head, 1, "\x02hi")) == "hi");
  CHECK(*decode(sealed(record_kind::flow_head, 2, "\x07")) == "7");
  const auto newer = decode(sealed(record_kind::flow_head, 3, "\x07"));
  REQUIRE_FALSE(newer);
  CHECK(newer.error().code == errc::schema_newer);
  CHECK(newer.error().message ==
        "a stored flow_head record has version 3, which this build of Pawl does not support");
  CHECK(decode(sealed(record_kind::flow_head, 0, "\x07")).error().code == errc::corrupt);
}

TEST_CASE("an error of a body says where it is", "[record]") {
  const auto cut = decode(sealed(record_kind::flow_head, 1, "\x03hi"));
  REQUIRE_FALSE(cut);
  CHECK(cut.error().code == errc::corrupt);
  CHECK(cut.error().message == "a stored flow_head record has a length beyond its end, at byte 3");
  const auto longer = decode(sealed(record_kind::flow_head, 1, "\x02hi!"));
  REQUIRE_FALSE(longer);
  CHECK(longer.error().message ==
        "a stored flow_head record has more bytes than its fields, at byte 5");
}

TEST_CASE("the kind of a record is known before it is opened", "[record]") {
  CHECK(kind_of(sealed(record_kind::checkpoint, 1, "")) == record_kind::checkpoint);
  CHECK_FALSE(kind_of("").has_value());
  CHECK_FALSE(kind_of(std::string{"\x01\x77\xf6\x00\x00\x00\x00", 7}).has_value());
}
