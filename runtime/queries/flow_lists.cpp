#include "runtime/queries/flow_lists.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "actors/flow_heads.hpp"
#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "runtime/queries/cursor.hpp"
#include "runtime/queries/flow_queries.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {
namespace {

using persistence::column;
using persistence::view;

/// What is left of a range: after `last`, or else after the page that ended at the cursor.
result<view::range> rest_of(view::range all, const std::string& last, const std::string& cursor) {
  if (!last.empty()) {
    all.from = last + '\0';
  } else if (!cursor.empty()) {
    auto from = cursor_key(cursor, all);
    if (!from) return std::move(from).error();
    all.from = *std::move(from);
  }
  return all;
}

/// Notes a record that cannot be read. Returns whether the list continues after it.
bool note_damage(const error& failure, const std::string& of, std::vector<std::string>& damaged) {
  if (failure.code != errc::corrupt) return false;
  damaged.push_back("flow " + of + ": " + failure.message);
  return true;
}

/// What a list without a place for damaged records answers.
result<bool> without_damage(result<bool> complete, const std::vector<std::string>& damaged) {
  if (!complete || damaged.empty()) return complete;
  return error{errc::corrupt, damaged.front()};
}

}  // namespace

flow_page_query::flow_page_query(const engine_core& core, scope_name in, flow_filter filter)
    : core_(core), in_(std::move(in)), filter_(std::move(filter)) {}

result<bool> flow_page_query::read(read_budget& turn) {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  view::range all = persistence::keys::flow_heads(in_);
  const std::size_t prefix = all.from.size();
  const auto range = rest_of(std::move(all), last_, filter_.cursor);
  if (!range) return range.error();
  std::optional<error> failure;
  bool complete = true;
  const auto visit = [&](std::string_view key, std::string_view bytes) {
    complete = !turn.is_spent();
    if (!complete) return view::next::stop;
    auto head = persistence::decode_flow_head(bytes);
    if (!head || !head->deleted) {
      if (page_.flows.size() == filter_.limit) {
        page_.next = make_cursor(end_);
        return view::next::stop;
      }
      flow_name name{std::string{key.substr(prefix, key.size() - prefix - 1)}};
      if (head) {
        page_.flows.push_back({std::move(name), head->latest, head->published});
      } else if (!note_damage(head.error(), name.str(), page_.damaged)) {
        failure = std::move(head).error();
        return view::next::stop;
      }
      end_ = key;
    }
    turn.spend(key.size() + bytes.size());
    last_ = key;
    return view::next::more;
  };
  if (const auto scanned = r->now->scan(column::flows, *range, visit); !scanned)
    return scanned.error();
  if (failure) return *failure;
  return complete;
}

version_page_query::version_page_query(const engine_core& core, scope_name in, flow_name name,
                                       flow_filter filter, std::size_t max_bytes)
    : core_(core),
      in_(std::move(in)),
      name_(std::move(name)),
      filter_(std::move(filter)),
      max_bytes_(max_bytes) {}

result<bool> version_page_query::read(read_budget& turn) {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  const auto head = actors::read_flow_head(*r->now, in_, name_);
  if (!head) return head.error();
  const auto range = rest_of(persistence::keys::flow_versions(in_, name_), last_, filter_.cursor);
  if (!range) return range.error();
  std::optional<error> failure;
  bool complete = true;
  const auto visit = [&](std::string_view key, std::string_view bytes) {
    if (page_.versions.size() == filter_.limit || bytes_ > max_bytes_) {
      page_.next = make_cursor(last_);
      return view::next::stop;
    }
    complete = !turn.is_spent();
    if (!complete) return view::next::stop;
    const flow_version_id id{name_, persistence::keys::version_in(key)};
    auto record = persistence::decode_flow(bytes);
    if (record) {
      page_.versions.push_back(describe(std::move(*record), id, *head));
    } else if (!note_damage(record.error(), to_string(id), page_.damaged)) {
      failure = std::move(record).error();
      return view::next::stop;
    }
    turn.spend(bytes.size());
    bytes_ += bytes.size();
    last_ = key;
    return view::next::more;
  };
  if (const auto scanned = r->now->scan(column::flows, *range, visit); !scanned)
    return scanned.error();
  if (failure) return *failure;
  return complete;
}

result<bool> flow_page_query::read_undamaged(read_budget& turn) {
  return without_damage(flow_page_query::read(turn), page_.damaged);
}

result<bool> version_page_query::read_undamaged(read_budget& turn) {
  return without_damage(version_page_query::read(turn), page_.damaged);
}

}  // namespace pawl
