#include "persistence/clock_lead.hpp"

#include <chrono>
#include <cstdint>
#include <string>

#include "persistence/memory/memory_store.hpp"
#include "persistence/record.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace std::chrono_literals;

TEST_CASE("the lead of the engine time is stored, and is zero in a new store", "[clock]") {
  memory_store store;
  CHECK(load_clock_lead(*store.durable_view()).value() == 0us);
  for (const auto lead : {3'600'000'001us, 0us}) {
    batch writes;
    store_clock_lead(writes, lead);
    const batch* const all[] = {&writes};
    CHECK(load_clock_lead(*store.write(all).value()).value() == lead);
  }
}

TEST_CASE("a lead beyond all times is corrupt", "[clock]") {
  std::string record;
  record_writer out{record, record_kind::clock_lead, 1};
  out.varint(UINT64_MAX);
  out.finish();
  const auto read = decode_clock_lead(record);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == errc::corrupt);
}
