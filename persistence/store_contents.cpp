#include "persistence/store_contents.hpp"

#include <map>
#include <string_view>
#include <utility>

#include "persistence/migrations.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {
namespace {

/// The kind of a value and the version of its layout.
std::pair<std::string_view, std::uint32_t> describe(column where, std::string_view value) {
  if (where == column::counters) return {"counter", 0};
  if (value.empty()) return {"entry", 0};
  const auto kind = kind_of(value);
  if (!kind) return {"unknown", 0};
  return {to_string(*kind), static_cast<unsigned char>(value.front())};
}

}  // namespace

result<store_contents> count_contents(const view& of) {
  store_contents found;
  auto schema = read_schema(of);
  if (!schema) return std::move(schema).error();
  found.schema = *schema;
  for (const column where : all_columns) {
    std::map<std::pair<std::string_view, std::uint32_t>, record_count> counts;
    const auto scanned = of.scan(where, {}, [&](std::string_view key, std::string_view value) {
      record_count& count = counts[describe(where, value)];
      ++count.records;
      count.bytes += key.size() + value.size();
      return view::next::more;
    });
    if (!scanned) return scanned.error();
    for (auto& [what, count] : counts) {
      count.where = where;
      count.kind = what.first;
      count.version = what.second;
      found.records.push_back(std::move(count));
    }
  }
  return found;
}

}  // namespace pawl::persistence
