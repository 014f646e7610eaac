// Fuzzes reading from a store. The first byte of the input selects what the rest is: a record, the
// body of a record with a correct frame, two checkpoints of a run, a key, or a stored value. Checks
// that invalid bytes are reported as `corrupt` or as newer, and that valid bytes are the same after
// reading and writing.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <pawl/assert.hpp>
#include <pawl/detail/placement.hpp>

#include "persistence/blobs.hpp"
#include "persistence/clock_lead.hpp"
#include "persistence/codec.hpp"
#include "persistence/crc32c.hpp"
#include "persistence/flow_numbers.hpp"
#include "persistence/jobs.hpp"
#include "persistence/journal.hpp"
#include "persistence/journal_index.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/migrations.hpp"
#include "persistence/quarantine.hpp"
#include "persistence/record.hpp"
#include "persistence/run_log.hpp"
#include "persistence/runs.hpp"
#include "persistence/values/keys_in_use.hpp"
#include "persistence/values/unopened.hpp"
#include "persistence/values/value_codec.hpp"

namespace {

namespace keys = pawl::persistence::keys;
using namespace pawl::persistence;
using pawl::errc;

constexpr record_kind all_kinds[] = {
    record_kind::schema,       record_kind::flow_head,     record_kind::flow_version,
    record_kind::run_summary,  record_kind::run_state,     record_kind::checkpoint,
    record_kind::task_lease,   record_kind::journal_group, record_kind::run_input,
    record_kind::orphaned_run, record_kind::suspect,       record_kind::journal_block,
    record_kind::job_request,  record_kind::job_progress,  record_kind::job_page,
    record_kind::flow_numbers, record_kind::run_log_head,  record_kind::run_log_chunk,
    record_kind::keys_in_use,  record_kind::clock_lead,    record_kind::blob_head,
    record_kind::blob_chunk};
// The seeds number the kinds as above: new ones come last.
static_assert(std::size(all_kinds) < 64);

/// The frame of a record with this body, with the correct checksum.
std::string framed(record_kind kind, std::string_view body) {
  // The layout of the schema record is the second.
  std::string record{kind == record_kind::schema ? '\x02' : '\x01', static_cast<char>(kind)};
  record += body;
  const std::uint32_t sum = crc32c(record);
  for (int shift = 0; shift < 32; shift += 8) record.push_back(static_cast<char>(sum >> shift));
  return record;
}

void check_refusal(const pawl::error& why) {
  PAWL_ASSERT(why.code == errc::corrupt || why.code == errc::schema_newer,
              "what cannot be read is corrupt, or newer");
  PAWL_ASSERT(!why.message.empty(), "a refusal says why");
}

/// Reads, writes and reads again; both readings must be equal.
template <class Decode, class Encode>
void check_record(std::string_view bytes, Decode decode, Encode encode) {
  const auto read = decode(bytes);
  if (!read) return check_refusal(read.error());
  const std::string written = encode(*read);
  const auto again = decode(written);
  PAWL_ASSERT(again, "what was written can be read");
  PAWL_ASSERT(encode(*again) == written, "what is read is what was written");
}

pawl::flow::remote_task task_of(const lease_record& lease) {
  pawl::flow::remote_task task{lease.queue, lease.code_ref, {}};
  task.lease = lease.lease;
  task.worker = lease.worker;
  task.lease_time = lease.length;
  return task;
}

/// A store with one record.
std::shared_ptr<const view> store_with(memory_store& of, column where, const std::string& key,
                                       std::string_view record) {
  batch writes;
  writes.put(where, key, std::string{record});
  const batch* const all[] = {&writes};
  return of.write(all).value();
}

void check_schema(std::string_view record) {
  check_record(record, decode_schema, [](const schema_record& s) { return encode_schema(s); });
  memory_store store;
  const auto view = store_with(store, column::meta, keys::schema(), record);
  if (const auto read = read_schema(*view); !read) check_refusal(read.error());
}

void check_record_of(record_kind kind, std::string_view bytes) {
  switch (kind) {
    case record_kind::schema:
      return check_schema(bytes);
    case record_kind::flow_head:
      return check_record(bytes, decode_flow_head,
                          [](const flow_head& head) { return encode_flow_head(head); });
    case record_kind::flow_version:
      return check_record(bytes, decode_flow,
                          [](const flow_record& flow) { return encode_flow(flow); });
    case record_kind::run_summary:
      return check_record(bytes, decode_run,
                          [](const run_record& record) { return encode_run(record); });
    case record_kind::run_state:
      return check_record(bytes, decode_state,
                          [](const pawl::flow::run_state& run) { return encode_state(run); });
    case record_kind::checkpoint:
      return check_record(bytes, decode_delta,
                          [](const pawl::flow::delta& change) { return encode_delta(change); });
    case record_kind::task_lease:
      return check_record(bytes, decode_lease,
                          [](const lease_record& lease) { return encode_lease(task_of(lease)); });
    case record_kind::journal_group:
      return check_record(bytes, decode_journal, encode_journal);
    case record_kind::journal_block:
      if (const auto found = find_groups(bytes, pawl::default_scope()); !found)
        check_refusal(found.error());
      return;
    case record_kind::run_input:
      return check_record(bytes, decode_input,
                          [](const pawl::flow::run_input& input) { return encode_input(input); });
    case record_kind::orphaned_run:
      return check_record(bytes, decode_orphan, [](const pawl::flow::abandoned_child& orphan) {
        return encode_orphan(orphan);
      });
    case record_kind::suspect:
      return check_record(bytes, decode_suspect,
                          [](const suspect& what) { return encode_suspect(what); });
    case record_kind::job_request:
      return check_record(bytes, decode_started_job, encode_started_job);
    case record_kind::job_progress:
      return check_record(bytes, decode_job_progress, encode_job_progress);
    case record_kind::job_page:
      return check_record(bytes, decode_job_page, encode_job_page);
    case record_kind::flow_numbers:
      return check_record(bytes, decode_flow_numbers, [](const pawl::flow_numbers& numbers) {
        return encode_flow_numbers(numbers);
      });
    case record_kind::run_log_head:
      return check_record(bytes, decode_log_head,
                          [](const run_log_head& head) { return encode_log_head(head); });
    case record_kind::run_log_chunk:
      return check_record(bytes, decode_log_chunk, [](const std::vector<pawl::run_log_line>& all) {
        return encode_log_chunk(all);
      });
    case record_kind::keys_in_use:
      return check_record(bytes, values::decode_keys_in_use,
                          [](const std::vector<values::key_in_use>& all) {
                            return values::encode_keys_in_use(all);
                          });
    case record_kind::clock_lead:
      return check_record(bytes, decode_clock_lead, encode_clock_lead);
    case record_kind::blob_head:
      return check_record(bytes, decode_blob_head, encode_blob_head);
    case record_kind::blob_chunk:
      return check_record(bytes, decode_blob_chunk, encode_blob_chunk);
  }
}

/// A state and the checkpoint after it, of one run.
void check_checkpoints(std::string_view first, std::string_view second) {
  const pawl::run_key run{pawl::default_scope(), pawl::run_id{"r"}};
  const std::string hash = pawl::detail::run_hash(run);
  memory_store store;
  static_cast<void>(store_with(store, column::runs, keys::run(run), ""));
  const std::string state = framed(record_kind::run_state, first);
  static_cast<void>(store_with(store, column::checkpoints, keys::state(hash), state));
  const auto decoded = decode_state(state);
  const auto view = store_with(store, column::checkpoints,
                               keys::checkpoint(hash, decoded ? decoded->sequence + 1 : 1),
                               framed(record_kind::checkpoint, second));
  const auto loaded = load_run(*view, run);
  if (!loaded) return check_refusal(loaded.error());
  if (*loaded) static_cast<void>(pawl::flow::next_timers((*loaded)->state));
  if (const auto events = load_history(*view, run, 0, 10); !events) check_refusal(events.error());
}

/// Opens bytes as a store does, without keys and with one.
void check_stored_value(std::string_view stored) {
  static const auto ring = std::make_shared<const values::key_ring>(
      values::key_ring::parse("k " + std::string(64, '1'), "keys").value());
  for (const values::value_codec& codec :
       {values::value_codec{true}, values::value_codec{true, ring}}) {
    const values::place at{column::checkpoints, "key"};
    std::string buffer, again, opened;
    const std::string value{codec.from_stored(at, stored, buffer)};
    static_cast<void>(values::form_of(at.where, stored));
    if (values::reason_of(value)) {
      const auto refused = decode_input(value);
      PAWL_ASSERT(!refused, "what cannot be opened is no record");
      continue;
    }
    const auto coded = codec.to_stored(at, "scope", value, again);
    PAWL_ASSERT(coded && codec.from_stored(at, *coded, opened) == value,
                "a value is read as it was stored");
  }
}

void check_key(std::string_view key) {
  if (const auto task = keys::queued_of(key))
    PAWL_ASSERT(keys::queued(*task) == key, "a key of a waiting task is made again as it was");
  if (const auto task = keys::leased_of(key))
    PAWL_ASSERT(keys::leased(*task) == key, "a key of a task that is done is made again as it was");
  if (const auto number = keys::group_of(key))
    PAWL_ASSERT(keys::journal_group(*number) == key, "a journal's key is made again as it was");
  if (const auto queue = keys::task_queue_of(key))
    PAWL_ASSERT(keys::queued_count(*queue) == key, "a counter's key is made again as it was");
  const auto run = keys::run_of(key);
  const auto due = keys::due_of(key);
  const auto kind = keys::timer_kind_of(key);
  if (run && due && kind)
    PAWL_ASSERT(keys::timer(*kind, *run, *due) == key, "a timer's key is made again as it was");
  static_cast<void>(keys::run_in_order(key));
  static_cast<void>(keys::sequence_of(key));
  static_cast<void>(keys::counted_status(key));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  if (bytes[0] == 255) {
    check_stored_value(rest);
    return 0;
  }
  const record_kind kind = all_kinds[bytes[0] % 64 % std::size(all_kinds)];
  switch (bytes[0] / 64) {
    case 0:
      check_record_of(kind, framed(kind, rest));
      break;
    case 1:
      check_record_of(kind, rest);
      break;
    case 2: {
      // Two bytes are the offset of the second record.
      if (rest.size() < 2) return 0;
      const std::size_t at =
          static_cast<unsigned char>(rest[0]) * 256u + static_cast<unsigned char>(rest[1]);
      const auto both = rest.substr(2);
      const auto first = both.substr(0, std::min(at, both.size()));
      check_checkpoints(first, both.substr(first.size()));
      break;
    }
    default:
      check_key(rest);
  }
  return 0;
}
