#include "runtime/queries/scope_list_query.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "persistence/keys.hpp"
#include "runtime/queries/cursor.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {
namespace {

using persistence::column, persistence::view;
namespace keys = persistence::keys;

/// The scope of the first key in a range, if there is one.
result<std::optional<scope_name>> first_scope(const view& from, column where,
                                              const view::range& range) {
  std::optional<scope_name> found;
  const auto scanned = from.scan(where, range, [&](std::string_view key, std::string_view) {
    found = keys::scope_in(key);
    return view::next::stop;
  });
  if (!scanned) return scanned.error();
  return found;
}

/// The next scope in the order of names.
result<std::optional<scope_name>> scope_after(const view& from, const scope_name& last) {
  auto next = first_scope(from, column::flows, keys::flow_heads_after(last));
  if (!next) return next;
  auto counted = first_scope(from, column::counters, keys::run_counts_after(last));
  if (!counted) return counted;
  const auto take = [&](std::optional<scope_name> other) {
    if (other && (!*next || *other < **next)) *next = std::move(other);
  };
  take(*std::move(counted));
  if (last < default_scope()) take(default_scope());
  return next;
}

}  // namespace

scope_list_query::scope_list_query(const engine_core& core, scope_list_options how)
    : core_(core), how_(std::move(how)), last_(how_.after) {}

result<bool> scope_list_query::read(read_budget& turn) {
  if (auto good = check_limit(how_.limit); !good) return std::move(good).error();
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  while (!turn.is_spent()) {
    auto next = scope_after(*r->now, last_);
    if (!next) return std::move(next).error();
    if (!*next) return true;
    if (page_.scopes.size() == how_.limit) {
      page_.next = page_.scopes.back().str();
      return true;
    }
    last_ = **next;
    turn.spend(last_.str().size());
    page_.scopes.push_back(**std::move(next));
  }
  return false;
}

}  // namespace pawl
