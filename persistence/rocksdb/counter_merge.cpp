#include "persistence/rocksdb/counter_merge.hpp"

#include "persistence/store.hpp"

namespace pawl::persistence::rocks {

bool counter_merge::Merge(const rocksdb::Slice&, const rocksdb::Slice* existing,
                          const rocksdb::Slice& value, std::string* sum, rocksdb::Logger*) const {
  const auto before =
      existing == nullptr ? std::int64_t{0} : decode_counter(existing->ToStringView());
  const auto amount = decode_counter(value.ToStringView());
  if (!before || !amount) return false;
  *sum = encode_counter(add_wrapping(*before, *amount));
  return true;
}

}  // namespace pawl::persistence::rocks
