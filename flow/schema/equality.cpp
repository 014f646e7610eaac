#include "flow/schema/equality.hpp"

#include <algorithm>
#include <bit>
#include <string_view>
#include <vector>

#include "flow/schema/decimal.hpp"

namespace pawl::flow::schema {
namespace {

/// Sorting costs more than visiting.
constexpr std::uint64_t steps_to_sort_one = 8;

/// The finisher of SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t mixed(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::uint64_t joined(std::uint64_t hash, std::uint64_t next) noexcept {
  return mixed(hash + 0x9e3779b97f4a7c15u) ^ next;
}

std::uint64_t hash_text(std::string_view text) noexcept {
  return mixed(std::hash<std::string_view>{}(text));
}

std::uint64_t hash_number(const json& number) noexcept {
  // Every whole number in the range of an integer type hashes as that integer.
  if (!number.is_number_float()) return mixed(number.get<std::uint64_t>());
  const double x = number.get<double>();
  if (is_whole(number) && x >= -0x1p63 && x < 0x1p63)
    return mixed(static_cast<std::uint64_t>(static_cast<std::int64_t>(x)));
  if (is_whole(number) && x > 0 && x < 0x1p64) return mixed(static_cast<std::uint64_t>(x));
  return mixed(std::bit_cast<std::uint64_t>(x));
}

std::uint64_t hash_structure(const json& value, budget& work) {
  if (!work.enter()) return 0;
  std::uint64_t hash = value.is_object() ? 3 : 5;
  for (auto item = value.begin(); item != value.end() && !work.stopped(); ++item) {
    // Objects keep their keys sorted, so their order says nothing.
    if (value.is_object()) {
      if (!work.take(item.key().size() / 64)) break;
      hash = joined(hash, hash_text(item.key()));
    }
    hash = joined(hash, hash_of(*item, work));
  }
  work.leave();
  return hash;
}

bool are_equal_structures(const json& a, const json& b, budget& work) {
  if (a.size() != b.size() || !work.enter()) return false;
  bool equal = true;
  for (auto left = a.begin(), right = b.begin(); left != a.end() && equal; ++left, ++right) {
    if (a.is_object()) equal = work.take(left.key().size() / 64) && left.key() == right.key();
    equal = equal && are_equal(*left, *right, work);
  }
  work.leave();
  return equal;
}

}  // namespace

std::uint64_t hash_of(const json& value, budget& work) {
  if (!work.take(1)) return 0;
  switch (value.type()) {
    case json::value_t::boolean:
      return value.get<bool>() ? 11 : 13;
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
      return hash_number(value);
    case json::value_t::string: {
      const auto& text = value.get_ref<const std::string&>();
      return work.take(text.size() / 64) ? joined(17, hash_text(text)) : 0;
    }
    case json::value_t::array:
    case json::value_t::object:
      return hash_structure(value, work);
    case json::value_t::null:
    case json::value_t::binary:
    case json::value_t::discarded:
      break;
  }
  return 19;
}

bool are_equal(const json& a, const json& b, budget& work) {
  if (!work.take(1)) return false;
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.type() != b.type()) return false;
  if (a.is_structured()) return are_equal_structures(a, b, work);
  if (!a.is_string()) return a == b;
  const auto& left = a.get_ref<const std::string&>();
  const auto& right = b.get_ref<const std::string&>();
  return left.size() == right.size() && work.take(left.size() / 64) && left == right;
}

std::optional<std::pair<std::size_t, std::size_t>> find_duplicate(const json& array, budget& work) {
  std::vector<std::pair<std::uint64_t, std::size_t>> hashes;
  if (!work.take(array.size() * steps_to_sort_one)) return std::nullopt;
  hashes.reserve(array.size());
  for (std::size_t i = 0; i < array.size() && !work.stopped(); ++i)
    hashes.emplace_back(hash_of(array[i], work), i);
  if (work.stopped()) return std::nullopt;
  std::sort(hashes.begin(), hashes.end());
  std::optional<std::pair<std::size_t, std::size_t>> found;
  for (std::size_t from = 0, to = 0; from < hashes.size() && !work.stopped(); from = to) {
    while (to < hashes.size() && hashes[to].first == hashes[from].first) ++to;
    for (std::size_t i = from + 1; i < to; ++i) {
      for (std::size_t j = from; j < i && !work.stopped(); ++j) {
        const auto first = hashes[j].second, second = hashes[i].second;
        if (found && found->second <= second) break;
        if (are_equal(array[first], array[second], work)) found = {first, second};
      }
    }
  }
  if (work.stopped()) return std::nullopt;
  return found;
}

}  // namespace pawl::flow::schema
