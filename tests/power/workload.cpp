#include "tests/power/workload.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>

namespace pawl::power {
namespace {

namespace fs = std::filesystem;
using namespace pawl::persistence;

std::string key_of(std::uint64_t n) {
  std::string key = std::to_string(n);
  return key.insert(0, 8 - key.size(), '0');
}

/// The value of record `n`: its size and contents follow from its number.
std::string value_of(std::uint64_t n, char of) {
  std::size_t size = 40 + n * 37 % 300;
  if (of == 'c' && n % 23 == 0) size = 9000;
  if (of == 'c' && n % 151 == 0) size = 70'000;
  std::string value(size, of);
  std::uint64_t state = n * 2 + (of == 'c' ? 1 : 0);
  for (auto& byte : value) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<char>(state >> 56);
  }
  return value;
}

constexpr std::uint64_t kept_in_index = 3;

batch record(std::uint64_t n) {
  batch changes;
  changes.put(column::runs, key_of(n), value_of(n, 'r'));
  changes.put(column::checkpoints, key_of(n), value_of(n, 'c'));
  changes.put(column::indexes, key_of(n), "");
  if (n >= kept_in_index) changes.erase(column::indexes, key_of(n - kept_in_index));
  if (n % 50 == 0) changes.put(column::flows, key_of(n), value_of(n, 'f'));
  changes.add("n", 1);
  return changes;
}

error wrong(const std::string& what) {
  return {errc::conflict, what};
}

}  // namespace

std::optional<error> workload::run(store& to, durability mode, std::uint64_t from, int groups) {
  std::uint64_t next = from;
  issued_ = from;
  std::shared_ptr<const view> last;
  for (int g = 0; g < groups; ++g) {
    std::vector<batch> batches;
    std::vector<const batch*> group;
    const auto count = 1 + random_() % 4;
    for (std::uint64_t i = 0; i < count; ++i) batches.push_back(record(next++));
    for (const auto& changes : batches) group.push_back(&changes);
    issued_ = next;
    auto written = to.write(group);
    if (!written) return std::move(written).error();
    last = std::move(written).value();
    if (mode == durability::async) acknowledged_ = next;
    if (random_() % 2 == 0) continue;
    if (auto synced = to.sync(); !synced) return std::move(synced).error();
    acknowledged_ = next;
    to.publish(last);
  }
  return std::nullopt;
}

result<std::uint64_t> count_records(const view& now) {
  std::array<std::uint64_t, 2> counts{};
  const std::array<std::pair<column, char>, 2> columns{
      {{column::runs, 'r'}, {column::checkpoints, 'c'}}};
  std::optional<error> bad;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const auto where = columns[c].first;
    const auto scanned = now.scan(where, {}, [&](std::string_view key, std::string_view value) {
      const auto n = counts[c]++;
      if (key == key_of(n) && value == value_of(n, columns[c].second)) return view::next::more;
      bad = wrong(std::string{to_string(where)} + " has " + std::string{key} + " for record " +
                  std::to_string(n));
      return view::next::stop;
    });
    if (!scanned) return scanned.error();
    if (bad) return *bad;
  }
  const auto n = counts[0];
  if (counts[1] != n)
    return wrong(std::to_string(n) + " runs, " + std::to_string(counts[1]) + " checkpoints");
  std::uint64_t indexed = n < kept_in_index ? 0 : n - kept_in_index;
  const auto scanned = now.scan(column::indexes, {}, [&](std::string_view key, std::string_view) {
    if (key != key_of(indexed)) bad = wrong("the index has " + std::string{key});
    ++indexed;
    return view::next::more;
  });
  if (!scanned) return scanned.error();
  if (bad) return *bad;
  if (indexed != n) return wrong("the index ends at " + std::to_string(indexed));
  const auto counter = now.counter("n");
  if (!counter) return counter.error();
  if (*counter != static_cast<std::int64_t>(n))
    return wrong("the counter is " + std::to_string(*counter) + " of " + std::to_string(n));
  return n;
}

memory_folder::memory_folder() {
  const fs::path shared = "/dev/shm";
  std::error_code failed;
  const bool there = fs::is_directory(shared, failed) && ::access("/dev/shm", W_OK) == 0;
  std::string pattern =
      ((there ? shared : fs::temp_directory_path()) / "pawl-power-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  root_ = pattern;
}

memory_folder::~memory_folder() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::uint64_t test_seed() {
  const char* const given = std::getenv("PAWL_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

}  // namespace pawl::power
