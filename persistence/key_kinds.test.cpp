#include "persistence/key_kinds.hpp"

#include <pawl/detail/placement.hpp>

#include "persistence/keys.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

const run_key described_run{scope_name{"acme"}, run_id{"r-1"}};
const flow_name described_flow{"order"};
const time_point described_time = from_unix_us(0x0100020003000400);

void check_kind(column where, const std::string& key, std::string_view kind, std::string_view scope,
                std::string_view flow = {}) {
  CAPTURE(key);
  const auto found = describe_key(where, key);
  CHECK(found.kind == kind);
  CHECK(found.scope == scope);
  CHECK(found.flow == flow);
}

}  // namespace

TEST_CASE("a key says the kind, scope and flow of its record", "[keys]") {
  const auto& scope = described_run.scope;
  check_kind(column::meta, keys::schema(), "metadata", "");
  check_kind(column::flows, keys::flow_head(scope, described_flow), "flow heads", "acme", "order");
  check_kind(column::flows, keys::flow_version(scope, {described_flow, {1, 0, 0}}), "flow versions",
             "acme", "order");
  check_kind(column::flows, keys::numbered_flow(scope, 7), "flow numbers", "acme");
  check_kind(column::flows, keys::labelled_version(scope, described_flow, "v1"), "flow labels",
             "acme", "order");
  check_kind(column::runs, keys::run(described_run), "runs", "acme");
  const std::string hash = pawl::detail::run_hash(described_run);
  check_kind(column::checkpoints, keys::state(hash), "states", "");
  check_kind(column::checkpoints, keys::input(hash), "inputs", "");
  check_kind(column::checkpoints, keys::checkpoint(hash, 3), "checkpoints", "");
  check_kind(column::checkpoints, keys::base_state(hash), "base states", "");
  check_kind(column::checkpoints, keys::log_chunk(hash, 1), "logs", "");
  check_kind(column::indexes,
             keys::listed_run(described_run, run_status::failed, false, described_time),
             "runs by status", "acme");
  check_kind(column::indexes, keys::run_with_term(described_run, 7, described_time), "runs by term",
             "acme");
  check_kind(column::indexes, keys::finished_run(described_run, described_time), "runs by end",
             "acme");
  check_kind(column::indexes, keys::run_with_attribute(described_run, "n", 1.5, described_time),
             "runs by attribute", "acme");
  check_kind(column::indexes, keys::timer(timer_kind::duration, described_run, described_time),
             "timers", "acme");
  const std::string blob(keys::blob_hash_bytes, '\0'), content(keys::blob_content_bytes, 'c');
  check_kind(column::checkpoints, keys::named_blob(hash, blob, 3), "named blobs", "");
  check_kind(column::indexes, keys::held_blob(described_run, blob, 3), "held blobs", "acme");
  check_kind(column::blobs, keys::blob_head(scope, blob), "blobs", "acme");
  check_kind(column::blobs, keys::blob_chunk(scope, content, 1), "chunks of blobs", "acme");
  check_kind(column::blobs, keys::loose_chunks(scope, content), "loose chunks", "acme");
  check_kind(column::indexes, keys::journal_group(9), "journal", "");
  check_kind(column::indexes, keys::leased({described_run, 1}), "leased tasks", "acme");
  check_kind(column::indexes, keys::queued_in({scope, "q", "f"}).from, "queued tasks", "acme");
  check_kind(column::counters, keys::runs_with_status(scope, run_status::failed), "runs by status",
             "acme");
  check_kind(column::counters, keys::unfinished_runs(scope, described_flow), "unfinished runs",
             "acme", "order");
  check_kind(column::counters, keys::runs_in_hour(scope, {0x01000200, described_flow}),
             "runs by hour", "acme", "order");
}

TEST_CASE("bytes that are no key have no kind", "[keys]") {
  for (const auto where : all_columns) {
    if (where == column::meta || where == column::runs) continue;
    for (const std::string bytes : {"", "?", "t123"}) {
      CAPTURE(bytes);
      const auto found = describe_key(where, bytes);
      CHECK((found.kind == "unknown" && found.scope.empty() && found.flow.empty()));
    }
  }
}
