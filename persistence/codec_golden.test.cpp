// Records as every version wrote them, in golden/KIND-vVERSION.hex. They are never changed or
// removed: stores in the field hold them. A layout that changes gets a new file.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <pawl/detail/hex.hpp>

#include "persistence/blobs.hpp"
#include "persistence/clock_lead.hpp"
#include "persistence/codec.hpp"
#include "persistence/codec/samples.hpp"
#include "persistence/flow_numbers.hpp"
#include "persistence/record.hpp"
#include "persistence/run_log.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

struct golden {
  std::string name;     ///< of the file: "KIND-vVERSION"
  std::string encoded;  ///< the sample as this build encodes it; empty for an older version
  /// Whether bytes decode to the sample of this version.
  std::function<bool(std::string_view)> is_sample;
};

bool is_lease(const lease_record& lease) {
  const auto task = *samples::tokens()[6].task;
  return lease.queue == task.queue && lease.code_ref == task.code_ref &&
         lease.worker == task.worker && lease.lease == task.lease &&
         lease.length == task.lease_time;
}

bool is_record(const run_record& record, const run_record& expected) {
  return record.summary == expected.summary &&
         record.start_fingerprint == expected.start_fingerprint &&
         record.parent_attempt == expected.parent_attempt;
}

bool is_head(const flow_head& head) {
  const auto expected = samples::head();
  return head.latest == expected.latest && head.published == expected.published &&
         head.deleted == expected.deleted;
}

bool is_flow(const flow_record& flow, const flow_record& expected) {
  return flow.definition == expected.definition && flow.created_at == expected.created_at &&
         flow.written == expected.written;
}

bool is_orphan(const flow::abandoned_child& orphan) {
  const auto expected = samples::orphan();
  return orphan.fate == expected.fate && orphan.attempt == expected.attempt;
}

/// Every version of every kind of record.
std::vector<golden> all_golden() {
  return {
      {"schema-v2", encode_schema(samples::schema()),
       [](auto bytes) {
         const auto schema = decode_schema(bytes).value();
         return schema.version == samples::schema().version &&
                schema.resume == samples::schema().resume;
       }},
      {"flow_head-v1", encode_flow_head(samples::head()),
       [](auto bytes) { return is_head(decode_flow_head(bytes).value()); }},
      {"flow_version-v1", "",
       [](auto bytes) { return is_flow(decode_flow(bytes).value(), samples::definition_v1()); }},
      {"flow_version-v2", encode_flow(samples::definition()),
       [](auto bytes) { return is_flow(decode_flow(bytes).value(), samples::definition()); }},
      {"run_summary-v1", "",
       [](auto bytes) { return is_record(decode_run(bytes).value(), samples::record()); }},
      {"run_summary-v2", encode_run(samples::record_v2()),
       [](auto bytes) { return is_record(decode_run(bytes).value(), samples::record_v2()); }},
      {"run_state-v1", "",
       [](auto bytes) { return decode_state(bytes).value() == samples::state(); }},
      {"run_state-v2", encode_state(samples::state_v2()),
       [](auto bytes) { return decode_state(bytes).value() == samples::state_v2(); }},
      {"checkpoint-v1", "",
       [](auto bytes) { return decode_delta(bytes).value() == samples::delta(); }},
      {"checkpoint-v2", encode_delta(samples::delta_v2()),
       [](auto bytes) { return decode_delta(bytes).value() == samples::delta_v2(); }},
      {"task_lease-v1", encode_lease(*samples::tokens()[6].task),
       [](auto bytes) { return is_lease(decode_lease(bytes).value()); }},
      {"journal_group-v1", encode_journal(samples::journal()),
       [](auto bytes) { return decode_journal(bytes).value() == samples::journal(); }},
      {"journal_block-v1", samples::block().encode(),
       [](auto bytes) {
         const auto acme = find_groups(bytes, scope_name{"acme"}).value();
         block_groups expected;
         for (const std::size_t place : {0, 64, 255}) expected.set(place);
         return acme.groups == expected && acme.scopes == 2;
       }},
      {"run_input-v1", "",
       [](auto bytes) { return decode_input(bytes).value() == samples::input(); }},
      {"run_input-v2", encode_input(samples::input_v2()),
       [](auto bytes) { return decode_input(bytes).value() == samples::input_v2(); }},
      {"orphaned_run-v1", encode_orphan(samples::orphan()),
       [](auto bytes) { return is_orphan(decode_orphan(bytes).value()); }},
      {"suspect-v1", encode_suspect(samples::suspected()),
       [](auto bytes) { return decode_suspect(bytes).value() == samples::suspected(); }},
      {"job_request-v1", encode_started_job(samples::job()),
       [](auto bytes) { return decode_started_job(bytes).value() == samples::job(); }},
      {"job_progress-v1", encode_job_progress(samples::progress_of_job()),
       [](auto bytes) { return decode_job_progress(bytes).value() == samples::progress_of_job(); }},
      {"job_page-v1", encode_job_page(samples::page_of_job()),
       [](auto bytes) { return decode_job_page(bytes).value() == samples::page_of_job(); }},
      {"flow_numbers-v1", encode_flow_numbers(samples::numbers()),
       [](auto bytes) { return decode_flow_numbers(bytes).value() == samples::numbers(); }},
      {"run_log_head-v1", encode_log_head(samples::log_head()),
       [](auto bytes) { return decode_log_head(bytes).value() == samples::log_head(); }},
      {"run_log_chunk-v1", "",
       [](auto bytes) { return decode_log_chunk(bytes).value() == samples::log_lines_v1(); }},
      {"run_log_chunk-v2", encode_log_chunk(samples::log_lines()),
       [](auto bytes) { return decode_log_chunk(bytes).value() == samples::log_lines(); }},
      {"keys_in_use-v1", values::encode_keys_in_use(samples::keys_in_use()),
       [](auto bytes) {
         return values::decode_keys_in_use(bytes).value() == samples::keys_in_use();
       }},
      {"blob_head-v1", encode_blob_head(samples::blob()),
       [](auto bytes) { return decode_blob_head(bytes).value() == samples::blob(); }},
      {"blob_chunk-v1", encode_blob_chunk(samples::blob_chunk()),
       [](auto bytes) { return decode_blob_chunk(bytes).value() == samples::blob_chunk(); }},
      {"clock_lead-v1", encode_clock_lead(samples::clock_lead()),
       [](auto bytes) { return decode_clock_lead(bytes).value() == samples::clock_lead(); }},
  };
}

std::filesystem::path folder() {
  return pawl::testing::source_dir() / "persistence" / "golden";
}

/// The bytes of a golden record; empty if there is none. Line ends separate digits.
std::string stored(const std::string& name) {
  std::ifstream file{folder() / (name + ".hex")};
  std::string digits;
  for (std::string line; std::getline(file, line);) digits += line;
  return pawl::detail::from_hex(digits).value_or("");
}

/// As a golden file: 32 bytes in a line.
std::string as_file(std::string_view bytes) {
  std::string text;
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(32, bytes.size())))
    text += pawl::detail::to_hex(bytes.substr(0, 32)) + "\n";
  return text;
}

}  // namespace

TEST_CASE("records are encoded as the golden records of their versions", "[codec][golden]") {
  for (const auto& each : all_golden()) {
    if (each.encoded.empty()) continue;
    INFO("persistence/golden/" << each.name << ".hex would be:\n" << as_file(each.encoded));
    CHECK(stored(each.name) == each.encoded);
  }
}

TEST_CASE("records of every version that was ever written are read", "[codec][golden]") {
  std::size_t known = 0;
  for (const auto& each : all_golden()) {
    CAPTURE(each.name);
    const std::string bytes = stored(each.name);
    REQUIRE_FALSE(bytes.empty());
    CHECK(each.is_sample(bytes));
    const auto kind = kind_of(bytes);
    REQUIRE(kind);
    CHECK(each.name == std::string{to_string(*kind)} + "-v" +
                           std::to_string(static_cast<unsigned char>(bytes[0])));
    ++known;
  }
  const std::filesystem::directory_iterator files{folder()};
  CHECK(static_cast<std::size_t>(std::distance(begin(files), end(files))) == known);
}
