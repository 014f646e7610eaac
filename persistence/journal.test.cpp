#include "persistence/journal.hpp"

#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
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
  const auto page = read_journal(from, mine, after, limit);
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
  const auto end = read_journal(*now, mine, std::nullopt, 10);
  REQUIRE(end);
  CHECK(end->entries.empty());
  CHECK(end->next.group == 3);
  CHECK_FALSE(end->lost);
}

TEST_CASE("an empty journal has a position to start from", "[journal]") {
  memory_store kept;
  const auto begin = read_journal(*kept.durable_view(), mine, std::nullopt, 10);
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
  CHECK(read_journal(*now, mine, journal_position{5, 0, 0}, 10)->lost);
  CHECK_FALSE(read_journal(*now, mine, journal_position{6, 0, 0}, 10)->lost);
  CHECK(read_journal(*now, mine, journal_position{9, 0, 0}, 10)->lost);
}
