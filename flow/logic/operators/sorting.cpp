// sort_by. Numbers come before texts, texts before booleans; null is last, in both directions.

#include <algorithm>
#include <bit>
#include <vector>

#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

constexpr std::string_view key_types = "keys that are numbers, texts, booleans or null";

int rank(const value& key) noexcept {
  if (key.is_number()) return 0;
  if (key.is_text()) return 1;
  return key.is_boolean() ? 2 : 3;
}

// Below 0 if `a` is first. Both are scalars.
int order_of(evaluation& run, const value& a, const value& b, bool descending) {
  if (a.is_absent() || b.is_absent()) return rank(a) - rank(b);
  int found = rank(a) - rank(b);
  if (found == 0 && a.is_number()) {
    const auto order = compare(a.as_number(), b.as_number());
    found = order < 0 ? -1 : (order > 0 ? 1 : 0);
  } else if (found == 0 && a.is_text()) {
    if (!run.read(std::min(a.size(), b.size()))) return 0;
    found = a.as_text().compare(b.as_text());
  } else if (found == 0) {
    found = int{a.as_boolean()} - int{b.as_boolean()};
  }
  return descending ? -found : found;
}

// The directions of the keys: true for descending. The last one counts for the rest.
class directions {
 public:
  bool read(evaluation& run, const expression& call, const value& given) {
    if (given.is_absent()) return true;
    const std::size_t count = given.is_array() ? given.size() : 1;
    if (!run.step(count)) return false;
    for (std::size_t i = 0; i < count; ++i) {
      const value word = given.is_array() ? given[i] : given;
      if (!word.is_text() || (word.as_text() != "asc" && word.as_text() != "desc")) {
        wrong_type(run, call, "\"asc\" or \"desc\" as the direction", word);
        return false;
      }
      descending_.push_back(word.as_text() == "desc");
    }
    return true;
  }
  [[nodiscard]] bool of(std::size_t key) const noexcept {
    return !descending_.empty() && descending_[std::min(key, descending_.size() - 1)];
  }

 private:
  std::vector<bool> descending_;
};

struct keyed {
  value item;
  value key;
};

bool is_key(evaluation& run, const value& key) {
  if (!key.is_array()) return key.is_scalar();
  if (!run.step(key.size())) return false;
  for (std::size_t i = 0; i < key.size(); ++i)
    if (!key[i].is_scalar()) return false;
  return true;
}

}  // namespace

value sort_by(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  if (items.is_absent()) return value::null();
  if (!items.is_array()) return wrong_type(run, call, "an array", items);
  directions down;
  if (!down.read(run, call, run.arg(call, 2, data))) return {};
  const std::size_t count = items.size();
  if (!run.step(count * static_cast<std::uint64_t>(std::bit_width(count))) ||
      !run.take(count * sizeof(keyed)))
    return {};
  std::vector<keyed> sorted;
  sorted.reserve(count);
  for (std::size_t i = 0; i < count && run.step(); ++i) {
    const value item = items[i];
    sorted.push_back({item, key_of_item(run, call, item, data, i)});
    if (run.failed()) return {};
    if (!is_key(run, sorted.back().key)) return wrong_type(run, call, key_types, sorted.back().key);
  }
  // After a failure all are equal, which keeps the order consistent and ends the sort soon.
  std::ranges::stable_sort(sorted, [&](const keyed& a, const keyed& b) {
    if (run.failed()) return false;
    if (!a.key.is_array() || !b.key.is_array())
      return !a.key.is_array() && !b.key.is_array() && order_of(run, a.key, b.key, down.of(0)) < 0;
    const std::size_t keys = std::min(a.key.size(), b.key.size());
    for (std::size_t k = 0; k < keys && run.step(); ++k)
      if (const int order = order_of(run, a.key[k], b.key[k], down.of(k)); order != 0)
        return order < 0;
    return a.key.size() < b.key.size();
  });
  list_builder made{run, count};
  for (const keyed& each : sorted) made.add(each.item);
  return made.finish();
}

}  // namespace pawl::flow::logic::op
