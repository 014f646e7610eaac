#include "persistence/store_copy.hpp"

#include <pawl/detail/placement.hpp>

#include "persistence/codec.hpp"
#include "persistence/codec/samples.hpp"
#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/values/test_codec.hpp"
#include "persistence/values/unopened.hpp"

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

TEST_CASE("a copy is encrypted with the keys of its scopes", "[copy][encryption]") {
  const auto codec =
      values::codec_with(values::key_line("k1", '1') + values::key_line("acme1", '2', "acme"));
  memory_store source, target{codec};
  const run_key run{scope_name{"acme"}, run_id{"run1"}};
  const std::string hash = pawl::detail::run_hash(run);
  auto input = samples::input_v2();
  input.key = run;
  batch changes;
  changes.put_of(run.scope, column::checkpoints, keys::input(hash), encode_input(input));
  changes.put_of(run.scope, column::checkpoints, keys::checkpoint(hash, 1), "checkpoint");
  changes.put(column::runs, keys::run(run), "record");
  commit(source, {changes});
  REQUIRE(copy_store(*source.durable_view(), target, always));
  CHECK(contents(*target.durable_view()) == contents(*source.durable_view()));
  view::range stored;
  stored.stored = true;
  for (const auto& [key, value] : scan(*target.durable_view(), column::checkpoints, stored))
    CHECK(values::form_of(column::checkpoints, value).key == codec->keys()->of_scope("acme").id);

  SECTION("what cannot be read, because the key is dropped, is left out") {
    memory_store plain;
    const auto dropped = values::codec_with(values::key_line("k1", '1') + "acme1 dropped\n");
    // The values that a store whose key is dropped returns.
    batch unread = putting(column::runs, {{"k", "v"}});
    unread.put(column::checkpoints, hash, std::string{to_value(values::unopened::no_key)});
    commit(plain, {unread});
    memory_store other{dropped};
    const auto copied = copy_store(*plain.durable_view(), other, always);
    REQUIRE(copied);
    CHECK(copied->left == 1);
    CHECK(scan(*other.durable_view(), column::checkpoints).empty());
  }

  SECTION("a damaged value stops the copy") {
    memory_store damaged, other;
    commit(damaged,
           {putting(column::runs, {{"k", std::string{to_value(values::unopened::damaged)}}})});
    const auto copied = copy_store(*damaged.durable_view(), other, always);
    REQUIRE_FALSE(copied);
    CHECK(copied.error().code == errc::corrupt);
  }
}

TEST_CASE("a store with data is not overwritten", "[copy]") {
  memory_store source, target;
  commit(target, {putting(column::runs, {{"k", "v"}})});
  const auto refused = copy_store(*source.durable_view(), target, always);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::already_exists);
  CHECK(get(*target.durable_view(), column::runs, "k") == "v");
}
