#include "persistence/postgres/database_view.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "persistence/postgres/values.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl::persistence::postgres {
namespace {

/// How long a database that restarts is waited for, and how long between two attempts.
constexpr std::chrono::seconds longest_restart{5};
constexpr std::chrono::milliseconds between_attempts{100};

/// A page of a scan: rows and bytes of values. The first page is small, because many scans stop
/// after a few records.
constexpr std::int64_t first_page_rows = 32;
constexpr std::int64_t max_page_rows = 1024;
constexpr std::int64_t page_bytes = std::int64_t{1} << 20;

std::string table_of(column where) {
  return "pawl." + std::string{to_string(where)};
}

/// Selects a page of records in order, whose values together have few bytes, or one record. Values
/// that do not fit are not read from their tables: their length is known without that.
std::string page_sql(column where, bool has_end, bool reverse) {
  const std::string order = reverse ? "k DESC" : "k";
  const std::string condition = has_end ? "k >= $1 AND k < $2" : "k >= $1 AND $2::bytea = ''";
  const std::string from = table_of(where) + " WHERE " + condition + " ORDER BY " + order;
  if (where == column::counters)
    return "SELECT k, n FROM " + from + " LIMIT $3::bigint + 0 * $4::bigint";
  return "SELECT k, v FROM (SELECT k, v, sum(octet_length(v)) OVER (ORDER BY " + order +
         " ROWS UNBOUNDED PRECEDING) - octet_length(v) AS before FROM (SELECT k, v FROM " + from +
         " LIMIT $3::bigint) page) sized WHERE before < $4::bigint ORDER BY " + order;
}

/// The key after `key`.
std::string successor(std::string_view key) {
  return std::string{key} + '\0';
}

}  // namespace

database_view::~database_view() {
  if (snapshot_) pool_->give_back(std::move(snapshot_));
}

result<rows> database_view::read(std::string_view sql,
                                 std::initializer_list<std::string_view> parameters) const {
  const std::lock_guard lock{mutex_};
  if (!snapshot_) return read_first(sql, parameters);
  answer got = snapshot_->run(sql, parameters);
  if (got.failed) return to_error(*got.failed, "reading from", pool_->to());
  return std::move(got.results.back());
}

result<rows> database_view::read_first(std::string_view sql,
                                       std::initializer_list<std::string_view> parameters) const {
  const auto give_up = std::chrono::steady_clock::now() + longest_restart;
  while (true) {
    auto taken = pool_->take();
    if (taken) {
      auto& opened = **taken;
      opened.queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      opened.queue(sql, parameters);
      answer got = opened.exchange();
      if (!got.failed) {
        snapshot_ = *std::move(taken);
        return std::move(got.results.back());
      }
      const bool lost = got.failed->lost;
      pool_->give_back(*std::move(taken));
      if (lost) pool_->drop_idle();
      taken = to_error(*got.failed, "reading from", pool_->to());
      if (!lost) return std::move(taken).error();
    }
    if (taken.error().code != errc::unavailable || std::chrono::steady_clock::now() > give_up)
      return std::move(taken).error();
    std::this_thread::sleep_for(between_attempts);
  }
}

result<std::optional<std::string>> database_view::get(column where, std::string_view key) const {
  const std::string value = where == column::counters ? "n" : "v";
  const auto found =
      read("SELECT " + value + " FROM " + table_of(where) + " WHERE k = $1::bytea", {key});
  if (!found) return found.error();
  if (found->count() == 0) return std::optional<std::string>{};
  if (where == column::counters) return std::optional{encode_counter(found->number(0, 0))};
  std::string buffer;
  return std::optional{std::string{codec_->from_stored({where, key}, found->bytes(0, 0), buffer)}};
}

result<void> database_view::scan(column where, const range& keys, const visitor& visit) const {
  std::string from = keys.from;
  std::string to = keys.to;
  if (!to.empty() && to <= from) return {};
  std::string buffer;
  for (std::int64_t limit = first_page_rows;; limit = std::min(limit * 4, max_page_rows)) {
    const auto page = read(page_sql(where, !to.empty(), keys.reverse),
                           {from, to, encode_bigint(limit), encode_bigint(page_bytes)});
    if (!page) return page.error();
    std::int64_t bytes = 0;
    for (int row = 0; row < page->count(); ++row) {
      const std::string_view key = page->bytes(row, 0), stored = page->bytes(row, 1);
      bytes += static_cast<std::int64_t>(stored.size());
      std::string_view value = stored;
      if (where == column::counters) {
        value = buffer = encode_counter(page->number(row, 1));
      } else if (!keys.stored) {
        value = codec_->from_stored({where, key}, stored, buffer);
      }
      if (visit(key, value) == next::stop) return {};
    }
    if (page->count() < limit && bytes < page_bytes) return {};
    const std::string_view last = page->bytes(page->count() - 1, 0);
    if (keys.reverse) {
      to = last;
      // There is nothing before the empty key, and an empty `to` is the end of the column.
      if (to.empty() || to <= from) return {};
    } else {
      from = successor(last);
      if (!to.empty() && to <= from) return {};
    }
  }
}

result<std::int64_t> database_view::counter(std::string_view key) const {
  const auto found = read("SELECT n FROM pawl.counters WHERE k = $1::bytea", {key});
  if (!found) return found.error();
  return found->count() == 0 ? 0 : found->number(0, 0);
}

}  // namespace pawl::persistence::postgres
