#include "persistence/rekey.hpp"

#include <pawl/detail/placement.hpp>

#include "persistence/codec.hpp"
#include "persistence/codec/samples.hpp"
#include "persistence/keys.hpp"
#include "persistence/rocksdb/store_info.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/values/test_codec.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;
using pawl::persistence::rocks::copy_as_killed;
using pawl::persistence::rocks::open_bad;
using pawl::persistence::rocks::open_good;
using pawl::persistence::rocks::test_folder;
using pawl::persistence::values::codec_with;
using pawl::persistence::values::key_line;

namespace {

rocksdb_options storing_with(values::codec_ptr codec) {
  rocksdb_options options;
  options.codec = std::move(codec);
  return options;
}

run_key numbered_run(int number, const char* scope) {
  return {scope_name{scope}, run_id{"run" + std::to_string(number)}};
}

/// Adds the input, the state and a checkpoint of runs in two scopes, and other records.
void add_runs_of_scopes(store& to, int runs) {
  batch changes;
  for (int i = 0; i < runs; ++i) {
    const run_key run = numbered_run(i, i % 2 == 0 ? "acme" : "other");
    const std::string hash = pawl::detail::run_hash(run);
    auto input = samples::input_v2();
    input.key = run;
    changes.put_of(run.scope, column::checkpoints, keys::input(hash), encode_input(input));
    changes.put_of(run.scope, column::checkpoints, keys::checkpoint(hash, 1),
                   std::string(2'000, 'c'));
    changes.put(column::runs, keys::run(run), "record of " + run.id.str());
    changes.put(column::indexes, keys::kept_run(run), "");
  }
  changes.put(column::flows, "flow", "definition");
  commit(to, {changes});
}

/// Encrypts all again and returns how much that was.
rekeyed rekey_all(store& of, const values::codec_ptr& codec) {
  const auto done = rekey(of, *codec, [](const rekeyed&) {});
  if (!done) FAIL(done.error().message);
  return *done;
}

std::vector<records> columns_of(const store& from) {
  std::vector<records> all;
  for (const column where : {column::flows, column::runs, column::checkpoints, column::indexes})
    all.push_back(scan(*from.durable_view(), where));
  return all;
}

/// The number of records that each key of the store encrypts.
std::map<std::string, std::uint64_t> counts_by_key(const std::filesystem::path& folder) {
  const auto contents = count_rocksdb_contents(folder);
  REQUIRE(contents);
  std::map<std::string, std::uint64_t> counts;
  for (const auto& key : contents->keys) counts[key.name] = key.records;
  return counts;
}

}  // namespace

TEST_CASE("a store is encrypted later, and with other keys", "[rekey][rocksdb]") {
  const test_folder folder;
  std::vector<records> before;
  {
    const auto plain = open_good(folder.store());
    add_runs_of_scopes(*plain, 10);
    before = columns_of(*plain);
  }
  const auto first = codec_with(key_line("k1", '1'));
  {
    const auto opened = open_good(folder.store(), storing_with(first));
    const rekeyed done = rekey_all(*opened, first);
    CHECK(done.rewritten == 31);  // of each run three records with a value, and the flow
    CHECK(done.left == 0);
    CHECK(columns_of(*opened) == before);
    CHECK(rekey_all(*opened, first).rewritten == 0);
  }
  CHECK(counts_by_key(folder.store()) == std::map<std::string, std::uint64_t>{{"k1", 31}});

  const std::string new_keys = key_line("k2", '2') + key_line("acme", '3', "acme");
  const auto second = codec_with(new_keys + key_line("k1", '1'));
  {
    const auto opened = open_good(folder.store(), storing_with(second));
    CHECK(rekey_all(*opened, second).rewritten == 31);
    CHECK(columns_of(*opened) == before);
  }
  CHECK(counts_by_key(folder.store()) ==
        std::map<std::string, std::uint64_t>{{"k2", 21}, {"acme", 10}});
  // The first key is not needed any more.
  CHECK(columns_of(*open_good(folder.store(), storing_with(codec_with(new_keys)))) == before);
}

TEST_CASE("a rekeying that was killed is continued", "[rekey][rocksdb]") {
  const test_folder folder;
  const auto first = codec_with(key_line("k1", '1'));
  const auto second = codec_with(key_line("k2", '2') + key_line("k1", '1'));
  std::vector<records> before;
  {
    const auto opened = open_good(folder.store(), storing_with(first));
    add_runs_of_scopes(*opened, 1'500);
    before = columns_of(*opened);
  }
  const auto opened = open_good(folder.store(), storing_with(second));
  const auto killed = folder.root() / "killed";
  std::uint64_t rewritten = 0;
  const auto done = rekey(*opened, *second, [&](const rekeyed& so_far) {
    if (rewritten > 0 || so_far.rewritten < 2'000) return;
    rewritten = so_far.rewritten;
    copy_as_killed(folder.store(), killed);
  });
  REQUIRE(done);
  CHECK(done->rewritten == 4'501);
  REQUIRE(rewritten > 0);
  REQUIRE(rewritten < 4'501);

  {
    const auto again = open_good(killed, storing_with(second));
    CHECK(columns_of(*again) == before);
    CHECK(rekey_all(*again, second).rewritten == 4'501 - rewritten);
    CHECK(columns_of(*again) == before);
  }
  open_good(killed, storing_with(codec_with(key_line("k2", '2'))));
}

TEST_CASE("what has no key any more stays, and so does the name of the key", "[rekey][rocksdb]") {
  const test_folder folder;
  const std::string key = key_line("k1", '1');
  add_runs_of_scopes(
      *open_good(folder.store(), storing_with(codec_with(key + key_line("acme", '3', "acme")))),
      10);
  const auto dropped = codec_with(key_line("k2", '2') + key + "acme dropped\n");
  {
    const auto opened = open_good(folder.store(), storing_with(dropped));
    const rekeyed done = rekey_all(*opened, dropped);
    CHECK(done.rewritten == 21);
    CHECK(done.left == 10);
  }
  CHECK(counts_by_key(folder.store()) ==
        std::map<std::string, std::uint64_t>{{"k2", 21}, {"acme", 10}});
  open_bad(folder.store(), storing_with(codec_with(key_line("k2", '2'))));
}
