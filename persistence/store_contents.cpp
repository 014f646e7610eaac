#include "persistence/store_contents.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "persistence/migrations.hpp"
#include "persistence/record.hpp"
#include "persistence/values/keys_in_use.hpp"
#include "persistence/values/unopened.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl::persistence {
namespace {

/// The kind of a value and the version of its layout.
std::pair<std::string_view, std::uint32_t> describe(column where, std::string_view value) {
  if (where == column::counters) return {"counter", 0};
  if (value.empty()) return {"entry", 0};
  if (values::reason_of(value) == values::unopened::no_key) return {"encrypted", 0};
  const auto kind = kind_of(value);
  if (!kind) return {"unknown", 0};
  return {to_string(*kind), static_cast<unsigned char>(value.front())};
}

/// Counts how a value is stored.
void count_form(store_contents& in, const values::stored_form& form) {
  if (form.is_compressed) ++in.compressed;
  if (!form.key) return;
  ++in.encrypted;
  const auto key = std::find_if(in.keys.begin(), in.keys.end(),
                                [&form](const key_count& each) { return each.id == *form.key; });
  if (key != in.keys.end()) ++key->records;
}

}  // namespace

result<store_contents> count_contents(const view& of) {
  store_contents found;
  auto schema = read_schema(of);
  if (!schema) return std::move(schema).error();
  found.schema = *schema;
  const auto listed = values::load_keys_in_use(of);
  if (!listed) return listed.error();
  for (const auto& [id, name] : *listed) found.keys.push_back({id, name});
  const values::value_codec codec;
  std::string buffer;
  for (const column where : all_columns) {
    std::map<std::pair<std::string_view, std::uint32_t>, record_count> counts;
    const auto scanned = of.scan(where, {}, [&](std::string_view key, std::string_view value) {
      count_form(found, values::form_of(where, value));
      const auto opened = codec.from_stored({where, key}, value, buffer);
      record_count& count = counts[describe(where, opened)];
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
