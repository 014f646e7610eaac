#include "actors/flow_cache.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using actors::flow_cache;

namespace {

const scope_name in{"default"};

json definition_of(const std::string& name) {
  return {{"name", name}, {"nodes", {{{"id", "begin"}, {"type", "start"}}}}};
}

flow_cache::flow_ptr compiled(const std::string& name) {
  return *flow::compile(definition_of(name), {1, 0, 0}, {}).flow_or_error();
}

flow_version_id id_of(const std::string& name) {
  return {flow_name{name}, {1, 0, 0}};
}

/// Flows of this size fit three times into `small_cache`.
constexpr std::size_t definition_bytes = 100;
constexpr std::uint64_t max_bytes = 3 * flow_cache::estimated_bytes(definition_bytes) + 1;

/// Whether a version is in the cache. Counts as a use.
bool has(flow_cache& cache, const std::string& name) {
  const persistence::memory_store empty;
  return cache.get(*empty.durable_view(), in, id_of(name)).has_value();
}

}  // namespace

TEST_CASE("a full flow cache evicts the flow that was used least recently", "[flow_cache]") {
  flow_cache cache{{}, max_bytes};
  for (const char* const name : {"a", "b", "c"}) cache.put(in, compiled(name), definition_bytes);
  CHECK(cache.size() == 3);
  CHECK(has(cache, "a"));  // now b is the oldest
  cache.put(in, compiled("d"), definition_bytes);
  CHECK_FALSE(has(cache, "b"));
  for (const char* const name : {"a", "c", "d"}) CHECK(has(cache, name));
}

TEST_CASE("a repeated put counts as a use and keeps the first flow", "[flow_cache]") {
  flow_cache cache{{}, max_bytes};
  const auto first = compiled("a");
  cache.put(in, first, definition_bytes);
  cache.put(in, compiled("b"), definition_bytes);
  cache.put(in, compiled("c"), definition_bytes);
  CHECK(cache.put(in, compiled("a"), definition_bytes) == first);
  CHECK(cache.size() == 3);
  cache.put(in, compiled("d"), definition_bytes);
  CHECK(has(cache, "a"));
  CHECK_FALSE(has(cache, "b"));
}

TEST_CASE("the size of a flow cache stays within its maximum", "[flow_cache]") {
  flow_cache cache{{}, max_bytes};
  for (std::size_t i = 0; i < 200; ++i) {
    cache.put(in, compiled("f" + std::to_string(i)), i % 7 * definition_bytes / 2);
    CHECK(cache.bytes() <= max_bytes);
  }
  // One large flow takes the place of several small ones.
  cache.put(in, compiled("large"), 2 * definition_bytes);
  CHECK(has(cache, "large"));
  CHECK(cache.bytes() <= max_bytes);
  // One that does not fit is not kept, and evicts nothing.
  const auto before = cache.size();
  CHECK(cache.put(in, compiled("huge"), 1'000'000) != nullptr);
  CHECK_FALSE(has(cache, "huge"));
  CHECK(cache.size() == before);
}

TEST_CASE("an evicted flow stays valid for those who use it", "[flow_cache]") {
  flow_cache cache{{}, max_bytes};
  const auto used = cache.put(in, compiled("a"), definition_bytes);
  for (const char* const name : {"b", "c", "d"}) cache.put(in, compiled(name), definition_bytes);
  CHECK_FALSE(has(cache, "a"));
  CHECK(used.use_count() == 1);
  CHECK(used->id() == id_of("a"));
}

TEST_CASE("versions, flows and scopes are different entries", "[flow_cache]") {
  flow_cache cache{{}, 1 << 20};
  cache.put(in, compiled("a"), 1);
  const persistence::memory_store empty;
  const auto now = empty.durable_view();
  CHECK(cache.get(*now, in, id_of("a")));
  CHECK(cache.get(*now, scope_name{"other"}, id_of("a")).error().message ==
        "no such version: a@1.0.0");
  CHECK_FALSE(cache.get(*now, in, {flow_name{"a"}, {1, 0, 1}}));
}

TEST_CASE("threads that ask for one flow share one compiled flow", "[flow_cache]") {
  persistence::memory_store store;
  persistence::batch writes;
  writes.put(persistence::column::flows, persistence::keys::flow_version(in, id_of("a")),
             persistence::encode_flow({definition_of("a"), {}}));
  const persistence::batch* const group[] = {&writes};
  const auto view = *store.write(group);
  flow_cache cache{{}, 1 << 20};
  std::vector<flow_cache::flow_ptr> found(8);
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (auto& mine : found) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1'000; ++i) {
        const auto got = cache.get(*view, in, id_of("a"));
        if (!got || (mine && mine != *got)) ++failures;
        if (got) mine = *got;
        cache.put(in, *got, 10);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(failures == 0);
  for (const auto& each : found) CHECK(each == found.front());
  CHECK(cache.size() == 1);
}
