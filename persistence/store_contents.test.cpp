#include "persistence/store_contents.hpp"

#include <memory>

#include "persistence/codec.hpp"
#include "persistence/codec/samples.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/migrations.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

TEST_CASE("the records of a store are counted by kind and version", "[contents]") {
  memory_store store;
  CHECK(count_contents(*store.durable_view())->records.size() <= 1);
  REQUIRE(prepare_schema(store));
  batch writes;
  const auto run = samples::state();
  std::string record;
  encode_run(run, {}, record);
  writes.put(column::runs, keys::run(run.key), record);
  writes.put(column::indexes, keys::ended({run.key, run_id{"child"}}), {});
  writes.add(keys::runs_with_status(run.key.scope, run.status), 1);
  const batch* const all[] = {&writes};
  store.publish(store.write(all).value());

  const auto found = count_contents(*store.durable_view());
  REQUIRE(found);
  CHECK(found->schema == current_schema());
  REQUIRE(found->records.size() == 4);
  CHECK(found->records[0].kind == "schema");
  const record_count& summary = found->records[1];
  CHECK((summary.where == column::runs && summary.kind == "run_summary" && summary.version == 2));
  CHECK(summary.records == 1);
  CHECK(summary.bytes == keys::run(run.key).size() + record.size());
  CHECK((found->records[2].kind == "entry" && found->records[2].where == column::indexes));
  CHECK((found->records[3].kind == "counter" && found->records[3].version == 0));
}
