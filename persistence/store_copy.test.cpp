#include "persistence/store_copy.hpp"

#include <random>

#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;

namespace {

const auto always = [](const copy_counts&) { return true; };

/// Fills a store with more than one range in some columns.
void fill_source(store& source, int records) {
  batch changes;
  for (int i = 0; i < records; ++i) {
    const std::string key = "key " + std::to_string(i);
    changes.put(column::checkpoints, key, std::string(static_cast<std::size_t>(i % 50), 'c'));
    if (i % 2 == 0) changes.put(column::indexes, key, "");
    if (i % 3 == 0) changes.add(key, i - 500);
  }
  changes.put(column::runs, std::string(1, '\0'), "run");
  changes.put(column::flows, "large", std::string(std::size_t{5} << 20, 'f'));
  commit(source, {changes});
}

}  // namespace

TEST_CASE("a copy has all records of its source", "[copy]") {
  memory_store source, target;
  fill_source(source, 2'500);
  const auto copied = copy_store(*source.durable_view(), target, always);
  if (!copied) FAIL(copied.error().message);
  CHECK(contents(*target.durable_view()) == contents(*source.durable_view()));
  CHECK(check_complete(*target.durable_view()));
  std::size_t records = 0;
  for (const auto& each : contents(*source.durable_view())) records += each.size();
  CHECK(copied->records == records);
  CHECK(copied->verified == records);
}

TEST_CASE("an interrupted copy is refused as a store, and continues", "[copy]") {
  memory_store source, target;
  fill_source(source, 5'000);
  int ranges = 0;
  const auto stopped =
      copy_store(*source.durable_view(), target, [&](const copy_counts&) { return ++ranges < 4; });
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == errc::cancelled);
  const auto refused = check_complete(*target.durable_view());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("pawl store copy") != std::string::npos);
  CHECK_FALSE(copy_store(*target.durable_view(), source, always));

  // The source goes on meanwhile: what was copied is compared again.
  batch later = putting(column::checkpoints, {{"key 1", "changed"}});
  later.erase(column::checkpoints, "key 2");
  later.add("key 0", 7);
  commit(source, {later});
  const auto copied = copy_store(*source.durable_view(), target, always);
  if (!copied) FAIL(copied.error().message);
  CHECK(copied->written < copied->records);
  CHECK(contents(*target.durable_view()) == contents(*source.durable_view()));
}

TEST_CASE("a store with data is not overwritten", "[copy]") {
  memory_store source, target;
  commit(target, {putting(column::runs, {{"k", "v"}})});
  const auto refused = copy_store(*source.durable_view(), target, always);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::already_exists);
  CHECK(get(*target.durable_view(), column::runs, "k") == "v");
}
