#include "persistence/journal.hpp"

#include "persistence/journal_index.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/values/unopened.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

const scope_name mine{"acme"};

journal_entry entry(const std::string& run, std::uint64_t checkpoint,
                    const std::string& scope = "acme") {
  return {{scope_name{scope}, run_id{run}}, checkpoint};
}

std::shared_ptr<const view> with_groups(
    store& kept, std::vector<std::pair<int, std::vector<journal_entry>>> groups) {
  batch writes;
  for (const auto& [number, group] : groups)
    writes.put(column::indexes, keys::journal_group(static_cast<std::uint64_t>(number)),
               encode_journal(group));
  const batch* const one = &writes;
  return *kept.write({&one, 1});
}

std::vector<std::string> read(const view& from, std::optional<journal_position> after,
                              std::size_t limit = 100) {
  const auto page = read_journal(from, mine, after, {limit, 1'000});
  REQUIRE(page);
  std::vector<std::string> all;
  for (const auto& [position, what] : page->entries)
    all.push_back(to_string(position) + " " + what.run.id.str() + "@" +
                  std::to_string(what.checkpoint));
  return all;
}

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a journal group is read as it was written", "[journal]") {
  const std::vector<journal_entry> group{entry("r1", 1), entry("r2", 70'000, "other")};
  CHECK(*decode_journal(encode_journal(group)) == group);
  std::string damaged = encode_journal(group);
  damaged[5] ^= 1;
  CHECK(decode_journal(damaged).error().code == errc::corrupt);
}

TEST_CASE("the journal is read from any position", "[journal]") {
  memory_store kept;
  const auto now = with_groups(kept, {{1, {entry("a", 1), entry("x", 1, "other"), entry("b", 1)}},
                                      {2, {entry("a", 2)}},
                                      {3, {entry("b", 2), entry("a", 3)}}});
  CHECK(read(*now, journal_position{0, 0, 0}) ==
        lines{"1.0.0 a@1", "1.2.0 b@1", "2.0.0 a@2", "3.0.0 b@2", "3.1.0 a@3"});
  CHECK(read(*now, journal_position{1, 1, 0}) ==
        lines{"1.2.0 b@1", "2.0.0 a@2", "3.0.0 b@2", "3.1.0 a@3"});
  CHECK(read(*now, journal_position{0, 0, 0}, 2) == lines{"1.0.0 a@1", "1.2.0 b@1"});
  const auto end = read_journal(*now, mine, std::nullopt, {10, 1'000});
  REQUIRE(end);
  CHECK(end->entries.empty());
  CHECK(end->next.group == 3);
  CHECK_FALSE(end->lost);
}

TEST_CASE("an empty journal has a position to start from", "[journal]") {
  memory_store kept;
  const auto begin = read_journal(*kept.durable_view(), mine, std::nullopt, {10, 1'000});
  REQUIRE(begin);
  CHECK_FALSE(*span_of_journal(*kept.durable_view()));
  const auto now = with_groups(kept, {{1, {entry("a", 1)}}});
  CHECK(read(*now, begin->next) == lines{"1.0.0 a@1"});
}

TEST_CASE("a position whose group was deleted is reported as lost", "[journal]") {
  memory_store kept;
  const auto now = with_groups(kept, {{7, {entry("a", 1)}}, {8, {entry("a", 2)}}});
  CHECK((*span_of_journal(*now))->first == 7);
  CHECK((*span_of_journal(*now))->last == 8);
  CHECK(read_journal(*now, mine, journal_position{5, 0, 0}, {10, 1'000})->lost);
  CHECK_FALSE(read_journal(*now, mine, journal_position{6, 0, 0}, {10, 1'000})->lost);
  CHECK(read_journal(*now, mine, journal_position{9, 0, 0}, {10, 1'000})->lost);
}

TEST_CASE("a damaged group is reported as lost, and the others are read", "[journal]") {
  memory_store kept;
  with_groups(kept, {{1, {entry("a", 1)}}, {2, {entry("a", 2)}}, {3, {entry("a", 3)}}});
  batch damage;
  damage.put(column::indexes, keys::journal_group(2), "damaged");
  damage.put(column::indexes, keys::journal_block(0), "damaged");
  const batch* const one = &damage;
  const auto now = *kept.write({&one, 1});
  const auto page = read_journal(*now, mine, journal_position{0, 0, 0}, {10, 1'000});
  REQUIRE(page);
  CHECK(page->lost);
  CHECK(page->entries.size() == 2);
  CHECK(page->next.group == 3);
  CHECK_FALSE(read_journal(*now, mine, journal_position{3, 0, 0}, {10, 1'000})->lost);
}

TEST_CASE("a page of the journal ends after a number of transitions of other scopes", "[journal]") {
  memory_store kept;
  constexpr std::uint64_t groups = 100, size = 1'000;
  batch writes;
  for (std::uint64_t i = 1; i <= groups; ++i) {
    std::vector<journal_entry> group(size, entry("x", i, "other"));
    if (i % 40 == 0) group[7] = entry("a", i);
    writes.put(column::indexes, keys::journal_group(i), encode_journal(group));
  }
  const batch* const one = &writes;
  const auto now = *kept.write({&one, 1});
  journal_position at{0, 0, 0};
  std::vector<std::uint64_t> found;
  std::size_t pages = 0;
  while (true) {
    const auto page = read_journal(*now, mine, at, {100, 20'000});
    REQUIRE(page);
    CHECK(page->steps == 20'000);
    for (const auto& [position, what] : page->entries) found.push_back(what.checkpoint);
    ++pages;
    if (!page->more) break;
    REQUIRE(page->next > at);
    at = page->next;
  }
  CHECK(found == std::vector<std::uint64_t>{40, 80});
  CHECK(pages == groups * size / 20'000);
}

namespace {

/// A journal of groups with 50 transitions of another scope each, with its index; one transition of
/// `mine` in the first group of every tenth block.
std::shared_ptr<const view> indexed_journal(store& kept, std::uint64_t blocks) {
  batch writes;
  for (std::uint64_t block = 0; block < blocks; ++block) {
    journal_block index;
    for (std::uint64_t i = 0; i < groups_per_block; ++i) {
      const std::uint64_t number = block * groups_per_block + i;
      std::vector<journal_entry> group(50, entry("x", number, "other"));
      if (i == 0 && block % 10 == 0) group.push_back(entry("a", number));
      for (const auto& each : group) index.add(number, each.run.scope);
      writes.put(column::indexes, keys::journal_group(number), encode_journal(group));
    }
    writes.put(column::indexes, keys::journal_block(block), index.encode());
  }
  const batch* const one = &writes;
  return *kept.write({&one, 1});
}

}  // namespace

TEST_CASE("a page reads no groups without a transition of its scope", "[journal]") {
  memory_store kept;
  constexpr std::uint64_t blocks = 30;
  const auto now = indexed_journal(kept, blocks);
  const auto page = read_journal(*now, mine, journal_position{0, 0, 0}, {100, 100'000});
  REQUIRE(page);
  REQUIRE(page->entries.size() == 3);
  CHECK(page->entries[1].first == journal_position{2'560, 50, 0});
  CHECK_FALSE(page->more);
  // Three groups of 51, and the scopes of each block.
  CHECK(page->steps <= 3 * 51 + 2 * blocks);
  CHECK(page->next.group == blocks * groups_per_block - 1);
  CHECK(read_journal(*now, mine, page->next, {100, 100})->entries.empty());

  // In small pages the same.
  std::size_t found = 0;
  journal_position at{0, 0, 0};
  for (bool more = true; more;) {
    const auto part = read_journal(*now, mine, at, {1, 20});
    REQUIRE(part);
    found += part->entries.size();
    REQUIRE((part->next > at || !part->more));
    at = part->next;
    more = part->more;
  }
  CHECK(found == 3);
}

TEST_CASE("a block of the journal's index goes on after a restart", "[journal]") {
  memory_store kept;
  batch writes;
  journal_block whole;
  const auto group_of = [](std::uint64_t number) {
    return std::vector<journal_entry>{entry("a", 1, "s" + std::to_string(number % 7))};
  };
  for (std::uint64_t number = 200; number < 300; ++number) {
    writes.put(column::indexes, keys::journal_group(number), encode_journal(group_of(number)));
    if (block_of(number) == 1) whole.add(number, group_of(number).front().run.scope);
  }
  const batch* const one = &writes;
  const auto now = *kept.write({&one, 1});
  journal_block resumed;
  REQUIRE(resumed.load(*now, {200, 299}));
  CHECK(resumed.encode() == whole.encode());
  REQUIRE(resumed.load(*now, {200, 255}));
  CHECK(resumed.encode() == journal_block{}.encode());
}

TEST_CASE("a block of the journal's index goes on without a group that cannot be read",
          "[journal]") {
  memory_store kept;
  with_groups(kept, {{1, {entry("a", 1)}}, {2, {entry("a", 2)}}, {4, {entry("a", 3)}}});
  batch damage;
  damage.put(column::indexes, keys::journal_group(2), "damaged");
  damage.put(column::indexes, keys::journal_group(3),
             std::string{values::to_value(values::unopened::no_key)});
  const batch* const one = &damage;
  const auto now = *kept.write({&one, 1});
  journal_block whole, resumed;
  for (const std::uint64_t number : {1u, 4u}) whole.add(number, mine);
  REQUIRE(resumed.load(*now, {1, 4}));
  CHECK(resumed.encode() == whole.encode());
  const auto page = read_journal(*now, mine, journal_position{0, 0, 0}, {10, 1'000});
  REQUIRE(page);
  CHECK(page->lost);
  CHECK(page->entries.size() == 2);
}
