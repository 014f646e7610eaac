#include "persistence/query/attribute_lists.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <pawl/assert.hpp>

#include "persistence/keys.hpp"

namespace pawl::persistence {
namespace {

constexpr attribute_type attribute_types[] = {attribute_type::text, attribute_type::number,
                                              attribute_type::boolean, attribute_type::time};

bool is_on_range(const run_term& term) noexcept {
  return term.how == comparison::less || term.how == comparison::at_most ||
         term.how == comparison::greater || term.how == comparison::at_least;
}

attribute_value attribute_in(const term_value& value) {
  if (const auto* const text = std::get_if<std::string>(&value)) return *text;
  if (const auto* const number = std::get_if<double>(&value)) return *number;
  if (const auto* const truth = std::get_if<bool>(&value)) return *truth;
  return std::get<time_point>(value);
}

result<bool> has_entries(const view& in, const view::range& keys) {
  bool found = false;
  const auto scanned = in.scan(column::indexes, keys, [&](std::string_view, std::string_view) {
    found = true;
    return view::next::stop;
  });
  if (!scanned) return scanned.error();
  return found;
}

/// Whether any run has the attribute with a value of this type.
result<bool> has_type(const list_request& of, const run_term& term, attribute_type type) {
  return has_entries(*of.from, keys::runs_with_type(*of.scope, term.attribute, type));
}

result<void> check_type(const list_request& of, const run_term& term, attribute_type given) {
  const auto known = has_type(of, term, given);
  if (!known) return known.error();
  if (*known) return {};
  for (const auto other : attribute_types) {
    if (other == given) continue;
    const auto has = has_type(of, term, other);
    if (!has) return has.error();
    if (!*has) continue;
    return error{errc::invalid_argument,
                 "invalid filter: attr." + term.attribute + " is " + std::string{noun_of(other)} +
                     " in the runs of this scope, not " + std::string{noun_of(given)} +
                     (other == attribute_type::text   ? "; write a text in quotes"
                      : given == attribute_type::text ? "; write such a value without quotes"
                                                      : "")};
  }
  return {};
}

/// The ranks that all conditions on an attribute with values of a type allow, first and last.
struct rank_range {
  std::uint64_t first = 0;
  std::uint64_t last = ~std::uint64_t{0};
  bool empty = false;

  void limit(comparison how, std::uint64_t rank) {
    if (how == comparison::less || how == comparison::at_most) {
      if (how == comparison::less && rank == 0) {
        empty = true;
      } else {
        last = std::min(last, how == comparison::less ? rank - 1 : rank);
      }
    } else if (how == comparison::greater && rank == ~std::uint64_t{0}) {
      empty = true;
    } else {
      first = std::max(first, how == comparison::greater ? rank + 1 : rank);
    }
    empty = empty || first > last;
  }
};

std::uint64_t rank_of(const term_value& value) {
  if (const auto* const number = std::get_if<double>(&value)) return keys::attribute_rank(*number);
  return keys::attribute_rank(std::get<time_point>(value));
}

/// Whether two conditions limit the same values.
bool is_same_range(const run_term& a, const run_term& b) {
  return a.field == b.field && a.attribute == b.attribute && is_on_range(a) && is_on_range(b) &&
         a.values.front().index() == b.values.front().index();
}

/// The keys that a condition selects by `^=` or by a limit; none if an earlier one selects them.
std::optional<std::vector<view::range>> key_ranges(const list_request& of, const run_term& term) {
  std::vector<view::range> ranges;
  if (term.how == comparison::prefix) {
    for (const auto& begin : term.values)
      ranges.push_back(
          keys::runs_with_text(*of.scope, term.attribute, std::get<std::string>(begin)));
    return ranges;
  }
  rank_range all;
  bool is_first = true;
  for (const auto& each : of.query->terms) {
    if (!is_same_range(each, term)) continue;
    if (is_first && &each != &term) return std::nullopt;
    is_first = false;
    all.limit(each.how, rank_of(each.values.front()));
  }
  if (!all.empty) {
    const auto type = attribute_type_of(attribute_in(term.values.front()));
    ranges.push_back(keys::runs_with_ranks(*of.scope, term.attribute, type, all.first, all.last));
  }
  return ranges;
}

/// The orders of the runs in ranges of the index, sorted. None if there are too many.
result<std::optional<sorted_list>> read_sorted(const list_request& of, attribute_type type,
                                               const std::string& name,
                                               const std::vector<view::range>& ranges) {
  const std::size_t before_value = keys::runs_with_type(*of.scope, name, type).from.size();
  std::vector<std::string> orders;
  std::uint64_t keys_read = 0;
  for (const auto& range : ranges) {
    const auto scanned =
        of.from->scan(column::indexes, range, [&](std::string_view key, std::string_view) {
          if (++keys_read > max_sorted_entries) return view::next::stop;
          const auto order = keys::order_after_attribute(key.substr(before_value), type);
          const bool is_wanted =
              order >= of.limits.from && (of.limits.to.empty() || order < of.limits.to);
          if (is_wanted) orders.emplace_back(order);
          return view::next::more;
        });
    if (!scanned) return scanned.error();
    if (keys_read > max_sorted_entries) return std::optional<sorted_list>{};
  }
  std::sort(orders.begin(), orders.end());
  orders.erase(std::unique(orders.begin(), orders.end()), orders.end());
  if (of.reverse) std::reverse(orders.begin(), orders.end());
  return std::optional{sorted_list{*of.from, std::move(orders), of.reverse, keys_read}};
}

/// The keys that the first condition on an attribute selects that the index has; none if no
/// condition does.
std::optional<std::vector<view::range>> first_ranges(const list_request& of,
                                                     const std::string& name) {
  for (const auto& term : of.query->terms) {
    if (term.field != run_field::attribute || term.attribute != name) continue;
    if (term.how == comparison::not_equal) continue;
    if (term.how != comparison::equal) return key_ranges(of, term);
    std::vector<view::range> ranges;
    for (const auto& value : term.values) {
      const std::string key = keys::runs_with_attribute(*of.scope, name, attribute_in(value));
      ranges.push_back({key, after_prefix(key), false});
    }
    return ranges;
  }
  return std::nullopt;
}

}  // namespace

bool places_decide(const run_query& query, const std::string& name) {
  if (query.terms.empty()) return true;
  const run_term& first = query.terms.front();
  if (first.field != run_field::attribute || first.attribute != name) return false;
  if (first.how == comparison::not_equal) return false;
  return std::all_of(query.terms.begin() + 1, query.terms.end(),
                     [&](const run_term& each) { return is_same_range(first, each); });
}

merged_lists list_by_attribute(const list_request& of, const std::string& name) {
  const std::string prefix = keys::runs_by_attribute(*of.scope, name);
  merged_lists all{of.reverse};
  const auto ranges = first_ranges(of, name);
  if (!ranges) {
    all.add({*of.from, prefix, {}, of.reverse});
    return all;
  }
  for (const auto& range : *ranges) {
    order_limits limits{range.from.substr(prefix.size()), range.to.substr(prefix.size())};
    all.add({*of.from, prefix, std::move(limits), of.reverse});
  }
  return all;
}

result<void> check_attribute_types(const list_request& of) {
  for (const auto& term : of.query->terms) {
    if (term.field != run_field::attribute) continue;
    for (const auto& value : term.values) {
      auto good = check_type(of, term, attribute_type_of(attribute_in(value)));
      if (!good) return good;
    }
  }
  return {};
}

result<std::optional<merged_lists>> attribute_lists(const list_request& of, const run_term& term) {
  PAWL_ASSERT(term.field == run_field::attribute, "a condition on an attribute");
  merged_lists all{of.reverse};
  if (term.how == comparison::not_equal) return std::optional<merged_lists>{};
  if (term.how == comparison::equal) {
    std::vector<attribute_value> values;
    for (const auto& each : term.values) values.push_back(attribute_in(each));
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    for (const auto& value : values)
      all.add({*of.from, keys::runs_with_attribute(*of.scope, term.attribute, value), of.limits,
               of.reverse});
    return std::optional{std::move(all)};
  }
  const auto ranges = key_ranges(of, term);
  if (!ranges) return std::optional<merged_lists>{};
  const auto type = attribute_type_of(attribute_in(term.values.front()));
  auto sorted = read_sorted(of, type, term.attribute, *ranges);
  if (!sorted) return std::move(sorted).error();
  if (!*sorted) return std::optional<merged_lists>{};
  all.add(**std::move(sorted));
  return std::optional{std::move(all)};
}

}  // namespace pawl::persistence
