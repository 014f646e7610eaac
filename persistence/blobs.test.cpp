#include "persistence/blobs.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <set>

#include <pawl/blobs.hpp>
#include <pawl/detail/hex.hpp>
#include <pawl/detail/placement.hpp>
#include <pawl/detail/sha256.hpp>

#include "persistence/blob_check.hpp"
#include "persistence/blob_leftovers.hpp"
#include "persistence/codec.hpp"
#include "persistence/conformance.hpp"
#include "persistence/history_pruning.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/migrations.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/run_removal.hpp"
#include "persistence/values/test_codec.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

const scope_name blob_scope{"acme"};
const run_key holding_run{blob_scope, run_id{"r"}};

std::string hash_number(int n) {
  return pawl::detail::sha256_bytes("blob " + std::to_string(n));
}

json reference_number(int n) {
  return reference_to({pawl::detail::to_hex(hash_number(n)), 7, "text/plain", {}});
}

std::string content_number(int n) {
  return hash_number(n).substr(0, keys::blob_content_bytes);
}

flow::delta setting(std::uint64_t sequence, json data) {
  flow::delta change;
  change.sequence = sequence;
  change.data_set = std::move(data);
  return change;
}

/// A run that names blobs at random, in a store that dies and prunes its history meanwhile. After
/// each step what it holds is counted anew.
class naming_run {
 public:
  using reopener = std::function<std::unique_ptr<store>(std::unique_ptr<store>)>;

  naming_run(unsigned seed, std::unique_ptr<store> in, reopener reopen)
      : random_(seed), store_(std::move(in)), reopen_(std::move(reopen)) {
    flow::run_input input;
    input.key = holding_run;
    input.flow = {flow_name{"f"}, {1, 0, 0}};
    input.data = flow::shared_json{json{{"given", reference_number(0)}}};
    state_ = flow::initial_state(input);
    batch writes;
    const std::string bytes = encode_input(input);
    hold_named_blobs(writes, holding_run, hash_, 0, bytes);
    writes.put_of(blob_scope, column::checkpoints, keys::input(hash_), bytes);
    conformance::commit(*store_, {writes});
  }

  void live(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      if (below(5) == 0) prune();
      if (below(9) == 0) store_ = reopen_(std::move(store_));
      check();
    }
  }

  void remove() {
    run_removal removal{store_->durable_view(), {{holding_run, {}}}};
    std::set<blob_key> released;
    while (true) {
      const auto writes = removal.next();
      REQUIRE(writes);
      if (!*writes) break;
      released.merge(removal.take_released());
      conformance::commit(*store_, {**writes});
    }
    CHECK(released.contains({blob_scope, hash_number(0)}));
    const auto now = store_->durable_view();
    CHECK(conformance::scan(*now, column::checkpoints).empty());
    CHECK(conformance::scan(*now, column::indexes, keys::held_blobs()).empty());
    CHECK_FALSE(is_blob_held(*now, {blob_scope, hash_number(0)}).value());
  }

  [[nodiscard]] std::uint64_t pruned() const noexcept { return pruned_; }

 private:
  int below(int n) { return std::uniform_int_distribution<int>{0, n - 1}(random_); }

  void step() {
    const std::string key = "k" + std::to_string(below(3));
    const json value =
        below(3) == 0 ? json(below(100)) : json{{"deep", {reference_number(below(6))}}};
    const auto change = setting(state_.sequence + 1, {{key, value}});
    flow::apply(state_, change);
    batch writes;
    const std::string bytes = encode_delta(change);
    hold_named_blobs(writes, holding_run, hash_, state_.sequence, bytes);
    writes.put_of(blob_scope, column::checkpoints, keys::checkpoint(hash_, state_.sequence), bytes);
    if (below(4) == 0)
      writes.put_of(blob_scope, column::checkpoints, keys::state(hash_), encode_state(state_));
    conformance::commit(*store_, {writes});
  }

  void prune() {
    const auto part =
        prune_history(*store_->durable_view(), holding_run, static_cast<std::uint64_t>(below(4)));
    REQUIRE(part);
    if (!*part) return;
    pruned_ += (*part)->checkpoints;
    // A transition that becomes durable after the view was taken, and names the same blobs.
    if (below(2) == 0) step();
    conformance::commit(*store_, {(*part)->writes});
  }

  void check() {
    const auto now = store_->durable_view();
    std::set<std::string> named, held, holders;
    for (const auto& [key, value] :
         conformance::scan(*now, column::checkpoints, keys::records_of_run(hash_))) {
      if (const auto naming = keys::blob_naming_of(key)) {
        held.emplace(naming->blob);
        CHECK(conformance::get(*now, column::indexes,
                               keys::held_blob(holding_run, naming->blob, naming->sequence)));
      } else {
        for (auto& blob : blobs_named_in(value)) named.insert(std::move(blob));
      }
    }
    CHECK(held == named);
    for (const auto& [key, value] : conformance::scan(*now, column::indexes, keys::held_blobs())) {
      const auto holder = keys::blob_holder_of(key);
      REQUIRE(holder);
      CHECK(holder->run == holding_run);
      holders.insert(holder->blob);
    }
    CHECK(holders == named);
    for (int n = 0; n < 6; ++n)
      CHECK(is_blob_held(*now, {blob_scope, hash_number(n)}).value() ==
            named.contains(hash_number(n)));
  }

  std::mt19937 random_;
  std::unique_ptr<store> store_;
  const reopener reopen_;
  const std::string hash_ = pawl::detail::run_hash(holding_run);
  flow::run_state state_;
  std::uint64_t pruned_ = 0;
};

}  // namespace

TEST_CASE("a value refers to a blob if it has the form of a reference", "[blobs]") {
  const std::string hash(64, 'a');
  CHECK(blob_in({{"$blob", "sha256:" + hash}}) == hash);
  CHECK(blob_in(reference_to({hash, 3, "a/b", {}})) == hash);
  for (const json& other :
       {json{{"$blob", hash}}, json{{"$blob", "sha256:" + hash + "a"}}, json{{"$blob", 7}},
        json{{"$blob", "sha256:" + std::string(64, 'A')}}, json("sha256:" + hash), json::array()}) {
    CAPTURE(other.dump());
    CHECK_FALSE(blob_in(other));
  }
  CHECK(parse_blob_hash("sha256:" + hash).value() == hash);
  CHECK(parse_blob_hash(hash).value() == hash);
  CHECK(parse_blob_hash("sha256:xyz").error().code == errc::invalid_argument);
}

TEST_CASE("a record that names very many blobs names each once", "[blobs]") {
  json all = json::array();
  for (int i = 0; i < 20'000; ++i) all.push_back(reference_number(i % 15'000));
  CHECK(blobs_named_in(encode_delta(setting(1, {{"all", std::move(all)}}))).size() == 15'000);
}

TEST_CASE("a record names the blobs that its values refer to, wherever they are", "[blobs]") {
  auto change = setting(1, {{"a", {1, {{"b", reference_number(1)}}}}, {"c", reference_number(1)}});
  change.output = json{{"x", reference_number(2)}};
  change.signals_added.emplace_back().payload = reference_number(3);
  const auto named = blobs_named_in(encode_delta(change));
  std::vector<std::string> wanted{hash_number(1), hash_number(2), hash_number(3)};
  std::sort(wanted.begin(), wanted.end());
  CHECK(named == wanted);

  const std::string digits = pawl::detail::to_hex(hash_number(1));
  CHECK(blobs_named_in(encode_delta(setting(1, {{"$blob", digits}}))).empty());
  CHECK(blobs_named_in(encode_delta(setting(1, {{"blob", "sha256:" + digits}}))).empty());
  CHECK(blobs_named_in("$blob").empty());
  CHECK(blobs_named_in("").empty());
}

TEST_CASE("a run holds exactly the blobs that its records name", "[blobs]") {
  const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
  CAPTURE(seed);
  SECTION("in memory") {
    naming_run run{seed, std::make_unique<memory_store>(), [](std::unique_ptr<store> of) {
                     return dynamic_cast<memory_store&>(*of).after_power_loss();
                   }};
    run.live(120);
    CHECK(run.pruned() > 10);
    run.remove();
  }
  SECTION("on disk") {
    const rocks::test_folder folder;
    const auto open = [&folder] { return rocks::open_good(folder.store()); };
    naming_run run{seed, open(), [&open](std::unique_ptr<store> of) {
                     of.reset();
                     return open();
                   }};
    run.live(40);
    run.remove();
  }
}

TEST_CASE("a blob is read in chunks, and its chunks are erased in parts", "[blobs]") {
  const rocks::test_folder folder;
  rocksdb_options options;
  if (GENERATE(false, true)) options.codec = values::codec_with(values::key_line("k", '1'));
  const blob_key key{blob_scope, hash_number(1)};
  const blob_head head{content_number(1), 3 * blob_chunk_bytes - 5, "text/plain", {}, {}};
  REQUIRE(blob_chunks_of(head.size) == 3);
  {
    const auto opened = rocks::open_good(folder.store(), options);
    batch writes;
    for (std::uint32_t n = 0; n < 3; ++n)
      put_blob_chunk(writes, blob_scope, head.content, n,
                     std::string(1000, static_cast<char>('a' + n)));
    put_blob_head(writes, key, head);
    conformance::commit(*opened, {writes});
  }
  const auto opened = rocks::open_good(folder.store(), options);
  auto now = opened->durable_view();
  REQUIRE(load_blob(*now, key).value() == head);
  CHECK_FALSE(load_blob(*now, {default_scope(), key.hash}).value());
  CHECK(load_blob_chunk(*now, blob_scope, head, 2).value() == std::string(1000, 'c'));
  CHECK(load_blob_chunk(*now, blob_scope, head, 3).error().code == errc::not_found);

  batch deletion;
  erase_blob(deletion, key, head);
  now = conformance::commit(*opened, {deletion});
  CHECK_FALSE(load_blob(*now, key).value());
  int parts = 0;
  for (bool done = false; !done; ++parts) {
    batch part;
    done = erase_loose_chunks(*now, blob_scope, head.content, 2, part).value();
    now = conformance::commit(*opened, {part});
  }
  CHECK(parts == 2);
  CHECK(conformance::scan(*now, column::blobs).empty());
}

TEST_CASE("chunks that are not loose are not erased", "[blobs]") {
  memory_store store;
  const blob_key key{blob_scope, hash_number(1)};
  const blob_head head{content_number(1), 3, "text/plain", {}, {}};
  batch writes;
  put_blob_chunk(writes, blob_scope, head.content, 0, "abc");
  put_blob_head(writes, key, head);
  const auto now = conformance::commit(store, {writes});
  batch erased;
  CHECK(erase_loose_chunks(*now, blob_scope, head.content, 100, erased).value());
  CHECK(erased.empty());
}

TEST_CASE("a check of blobs finds bytes that were changed, and entries that do not fit",
          "[blobs][check]") {
  memory_store store;
  const std::string bytes = "the bytes of a blob";
  const blob_key key{blob_scope, pawl::detail::sha256_bytes(bytes)};
  const blob_head head{content_number(1), bytes.size(), "text/plain", {}, {}};
  const std::string run_hash = pawl::detail::run_hash(holding_run);
  const json data = {
      {"file", reference_to({pawl::detail::to_hex(key.hash), bytes.size(), "", {}})}};
  const std::string record = encode_delta(setting(1, data));
  batch writes;
  put_blob_chunk(writes, blob_scope, head.content, 0, bytes);
  put_blob_head(writes, key, head);
  writes.put_of(blob_scope, column::checkpoints, keys::checkpoint(run_hash, 1), record);
  hold_named_blobs(writes, holding_run, run_hash, 1, record);
  const auto good = check_all_blobs(*conformance::commit(store, {writes}));
  REQUIRE(good);
  CHECK(good->damage.empty());
  CHECK((good->blobs == 1 && good->bytes == bytes.size() && good->unknown == 0));

  batch damage;
  const auto damage_with = [&](std::string_view what) {
    const auto found = check_all_blobs(*conformance::commit(store, {damage}));
    REQUIRE(found);
    REQUIRE_FALSE(found->damage.empty());
    CHECK(found->damage[0].find(what) != std::string::npos);
  };
  SECTION("other bytes") {
    put_blob_chunk(damage, blob_scope, head.content, 0, "the bytes of a blub");
    damage_with("not those of its hash");
  }
  SECTION("a missing chunk") {
    damage.erase(column::blobs, keys::blob_chunk(blob_scope, head.content, 0));
    damage_with("chunk 0 is missing");
  }
  SECTION("a run that does not hold what it names") {
    damage.erase(column::checkpoints, keys::named_blob(run_hash, key.hash, 1));
    damage_with("names 1 blobs that it does not hold");
  }
  SECTION("an entry that is missing") {
    damage.erase(column::indexes, keys::held_blob(holding_run, key.hash, 1));
    damage_with("but 0 entries hold them");
  }
  SECTION("a blob that is missing is counted") {
    erase_blob(damage, key, head);
    const auto found = check_all_blobs(*conformance::commit(store, {damage}));
    REQUIRE(found);
    CHECK(found->unknown == 1);
    CHECK(found->damage.empty());
  }
}

TEST_CASE("records of blobs that belong to nothing are found and erased", "[blobs][check]") {
  memory_store store;
  const std::string bytes = "the bytes of a blob";
  const blob_key key{blob_scope, pawl::detail::sha256_bytes(bytes)};
  const run_key gone{blob_scope, run_id{"gone"}};
  const run_key half_deleted{blob_scope, run_id{"half"}};
  const auto hold = [&](batch& to, const run_key& run) {
    to.put_of(blob_scope, column::checkpoints,
              keys::named_blob(pawl::detail::run_hash(run), key.hash, 1), {});
    to.put(column::indexes, keys::held_blob(run, key.hash, 1), {});
  };
  batch good;
  put_blob_chunk(good, blob_scope, content_number(1), 0, bytes);
  put_blob_head(good, key, {content_number(1), bytes.size(), "text/plain", {}, {}});
  good.put(column::runs, keys::run(holding_run), "a run");
  hold(good, holding_run);
  good.put(column::indexes, keys::removed_run(half_deleted), {});
  hold(good, half_deleted);
  put_blob_chunk(good, blob_scope, content_number(2), 0, "of an upload");
  good.put_of(blob_scope, column::blobs, keys::loose_chunks(blob_scope, content_number(2)), {});
  auto now = conformance::commit(store, {good});
  CHECK(check_all_blobs(*now)->leftovers.empty());
  CHECK(erase_blob_leftovers(store).value() == 0);

  batch bad;
  hold(bad, gone);
  bad.put(column::indexes, keys::held_blob(holding_run, key.hash, 7), {});
  put_blob_chunk(bad, blob_scope, content_number(3), 0, "of nothing");
  put_blob_chunk(bad, blob_scope, content_number(3), 1, "of nothing");
  put_blob_chunk(bad, default_scope(), content_number(1), 4, "of nothing");
  now = conformance::commit(store, {bad});
  const auto found = check_all_blobs(*now);
  REQUIRE(found);
  CHECK(found->damage.empty());
  CHECK(found->leftovers.size() == 3);

  CHECK(erase_blob_leftovers(store).value() == 3);
  now = store.durable_view();
  CHECK(check_all_blobs(*now)->leftovers.empty());
  CHECK(is_blob_held(*now, key).value());
  CHECK(load_blob_chunk(*now, blob_scope, **load_blob(*now, key), 0).value() == bytes);
  batch erased;
  CHECK(erase_loose_chunks(*now, blob_scope, content_number(3), 100, erased).value());
  CHECK_FALSE(erased.empty());
}

TEST_CASE("chunks are not erased while a blob of their scope cannot be read", "[blobs][check]") {
  memory_store store;
  batch writes;
  writes.put(column::blobs, keys::blob_head(blob_scope, hash_number(1)), "damaged");
  put_blob_chunk(writes, blob_scope, content_number(1), 0, "perhaps of that blob");
  put_blob_chunk(writes, default_scope(), content_number(2), 0, "of nothing");
  const auto now = conformance::commit(store, {writes});
  CHECK(check_all_blobs(*now)->leftovers.size() == 1);
}
