#include <memory>
#include <string>

#include "persistence/codec.hpp"
#include "persistence/codec/samples.hpp"
#include "persistence/journal.hpp"
#include "persistence/values/value_codec.hpp"
#include "tests/allocations/count.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

/// Allocations of a thousand calls of `encode` into a buffer that the call before them has made
/// large enough.
template <class Encode>
std::size_t allocations_of(Encode encode) {
  std::string buffer;
  encode(buffer);
  const std::size_t before = pawl::testing::allocations();
  for (int i = 0; i < 1'000; ++i) {
    buffer.clear();
    encode(buffer);
  }
  return pawl::testing::allocations() - before;
}

}  // namespace

TEST_CASE("allocations are counted", "[allocations]") {
  CHECK(allocations_of([](std::string&) { ::operator delete(::operator new(1)); }) == 1'000);
}

TEST_CASE("records are encoded without an allocation", "[allocations]") {
  const auto step = samples::step(70'000);
  CHECK(allocations_of([&](std::string& to) { encode_delta(step, to); }) == 0);
  const auto delta = samples::delta();
  CHECK(allocations_of([&](std::string& to) { encode_delta(delta, to); }) == 0);
  const auto state = samples::state();
  CHECK(allocations_of([&](std::string& to) { encode_state(state, to); }) == 0);
  CHECK(allocations_of([&](std::string& to) { encode_run(state, {}, to); }) == 0);
  const auto input = samples::input();
  CHECK(allocations_of([&](std::string& to) { encode_input(input, to); }) == 0);
  const auto task = *samples::tokens()[6].task;
  CHECK(allocations_of([&](std::string& to) { encode_lease(task, to); }) == 0);
}

TEST_CASE("values are compressed and encrypted without an allocation", "[allocations]") {
  using namespace pawl::persistence::values;
  const auto ring = key_ring::parse("k " + std::string(64, '1'), "keys");
  REQUIRE(ring);
  const value_codec compressing{true}, both{true, std::make_shared<const key_ring>(*ring)};
  const std::string small(200, 's'), large(5'000, 'l');
  const place at{column::checkpoints, "the key of a record in a store"};
  for (const value_codec* const codec : {&compressing, &both}) {
    for (const std::string* const value : {&small, &large}) {
      std::string stored, opened;
      CHECK(allocations_of([&](std::string&) {
              static_cast<void>(codec->to_stored(at, "acme", *value, stored));
            }) == 0);
      const std::string kept{*codec->to_stored(at, "acme", *value, stored)};
      CHECK(allocations_of([&](std::string&) {
              static_cast<void>(codec->from_stored(at, kept, opened));
            }) == 0);
      CHECK(codec->from_stored(at, kept, opened) == *value);
    }
  }
}

TEST_CASE("a journal group is encoded without an allocation", "[allocations]") {
  const std::vector<journal_entry> group(512, {samples::state().key, 70'000});
  CHECK(allocations_of([&](std::string& to) {
          journal_writer out{to};
          for (const auto& entry : group) out.add(entry.run, entry.checkpoint);
          out.finish();
        }) == 0);
}
