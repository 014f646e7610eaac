#include "persistence/memory/memory_store.hpp"

#include "persistence/conformance.hpp"
#include "persistence/migrations.hpp"
#include "persistence/values/test_codec.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;

TEST_CASE("the memory store fulfils the store contract", "[memory][conformance]") {
  check_contract({[] { return std::make_unique<memory_store>(); }, false});
}

TEST_CASE("a memory store that encrypts fulfils the store contract", "[memory][conformance]") {
  const auto codec = values::codec_with(values::key_line("k", '1'));
  check_contract({[&] { return std::make_unique<memory_store>(codec); }, false});
}

TEST_CASE("a new memory store has the current schema", "[memory]") {
  const memory_store fresh;
  const auto schema = read_schema(*fresh.durable_view());
  REQUIRE(schema);
  CHECK(*schema == current_schema());
}

TEST_CASE("a power failure loses unsynced writes, the death of the process none", "[memory]") {
  memory_store original;
  write(original, {putting(column::runs, {{"a", "synced"}, {"b", "synced"}})});
  REQUIRE(original.sync());
  batch later = putting(column::runs, {{"a", "written"}, {"c", "written"}});
  later.erase(column::runs, "b");
  write(original, {later});

  const auto lost = original.after_power_loss();
  const auto killed = original.after_process_death();
  CHECK(scan(*lost->durable_view(), column::runs) == records{{"a", "synced"}, {"b", "synced"}});
  CHECK(scan(*killed->durable_view(), column::runs) == records{{"a", "written"}, {"c", "written"}});

  // The three stores share records, but change independently.
  commit(*lost, {putting(column::runs, {{"a", "after the failure"}})});
  commit(*killed, {putting(column::runs, {{"a", "after the kill"}})});
  commit(original, {putting(column::runs, {{"a", "no crash"}})});
  CHECK(get(*lost->durable_view(), column::runs, "a") == "after the failure");
  CHECK(get(*killed->durable_view(), column::runs, "a") == "after the kill");
  CHECK(get(*original.durable_view(), column::runs, "a") == "no crash");
}

TEST_CASE("closing the memory store syncs it", "[memory]") {
  memory_store closing;
  write(closing, {putting(column::runs, {{"a", ""}})});
  REQUIRE(closing.close());
  CHECK(scan(*closing.after_power_loss()->durable_view(), column::runs).size() == 1);
}
