#include "persistence/postgres/changes.hpp"

#include "persistence/postgres/values.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl::persistence::postgres {
namespace {

void queue_erasures(connection& to, column where, array_builder& keys) {
  if (keys.size() == 0) return;
  to.queue("DELETE FROM pawl." + std::string{to_string(where)} + " WHERE k = ANY($1::bytea[])",
           {keys.finish()});
}

/// Adds as `add_wrapping` does; a bigint does not wrap around.
constexpr std::string_view add_sql =
    "INSERT INTO pawl.counters AS c (k, n) SELECT * FROM unnest($1::bytea[], $2::bigint[]) "
    "ON CONFLICT (k) DO UPDATE SET n = (mod(c.n::numeric + excluded.n::numeric + "
    "27670116110564327424, 18446744073709551616) - 9223372036854775808)::bigint";

/// A counter that is 0 is not stored.
constexpr std::string_view drop_zeros_sql =
    "DELETE FROM pawl.counters WHERE k = ANY($1::bytea[]) AND n = 0";

}  // namespace

bool changes::append(const batch& more) {
  std::string buffer;
  bytes_ += more.bytes();
  operations_ += more.operations().size();
  for (const auto& each : more.operations()) {
    auto& column_records = records_.at(static_cast<std::size_t>(each.where));
    switch (each.kind) {
      case batch::operation_kind::put: {
        const auto stored =
            codec_->to_stored({each.where, each.key}, each.scope, each.value, buffer);
        if (!stored) return false;
        column_records.insert_or_assign(each.key, std::string{*stored});
        break;
      }
      case batch::operation_kind::erase:
        if (each.where == column::counters) {
          counters_.insert_or_assign(each.key, counter_change{true});
        } else {
          column_records.insert_or_assign(each.key, std::nullopt);
        }
        break;
      case batch::operation_kind::add: {
        auto& added = counters_[each.key].added;
        added = add_wrapping(added.value_or(0), each.amount);
        break;
      }
    }
  }
  return true;
}

void changes::queue_to(connection& to) const {
  using element = array_builder::element;
  for (const column where : all_columns) {
    array_builder erased{element::bytea}, keys{element::bytea}, values{element::bytea};
    for (const auto& [key, value] : records_.at(static_cast<std::size_t>(where))) {
      if (value) {
        keys.add(key);
        values.add(*value);
      } else {
        erased.add(key);
      }
    }
    queue_erasures(to, where, erased);
    if (keys.size() == 0) continue;
    to.queue("INSERT INTO pawl." + std::string{to_string(where)} +
                 " (k, v) SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT (k) DO "
                 "UPDATE SET v = excluded.v",
             {keys.finish(), values.finish()});
  }
  array_builder erased{element::bytea}, keys{element::bytea}, amounts{element::bigint};
  for (const auto& [key, change] : counters_) {
    if (change.erased) erased.add(key);
    if (change.added.value_or(0) == 0) continue;
    keys.add(key);
    amounts.add(encode_bigint(*change.added));
  }
  queue_erasures(to, column::counters, erased);
  if (keys.size() == 0) return;
  const std::string_view added = keys.finish();
  to.queue(add_sql, {added, amounts.finish()});
  to.queue(drop_zeros_sql, {added});
}

}  // namespace pawl::persistence::postgres
