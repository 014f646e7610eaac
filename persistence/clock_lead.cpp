#include "persistence/clock_lead.hpp"

#include <cstdint>
#include <string>
#include <utility>

#include "persistence/keys.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {
namespace {

constexpr std::uint8_t clock_lead_version = 1;

std::chrono::microseconds decode_clock_lead_v1(byte_reader& from) {
  constexpr std::uint64_t most = std::uint64_t{1} << 60;  // it is added to times
  const std::uint64_t us = from.varint();
  if (us > most) from.fail("is no difference of times");
  return std::chrono::microseconds{static_cast<std::int64_t>(us)};
}

}  // namespace

std::string encode_clock_lead(std::chrono::microseconds lead) {
  std::string record;
  record_writer out{record, record_kind::clock_lead, clock_lead_version};
  out.varint(static_cast<std::uint64_t>(lead.count()));
  out.finish();
  return record;
}

result<std::chrono::microseconds> decode_clock_lead(std::string_view bytes) {
  static constexpr body_decoder<std::chrono::microseconds> decoders[] = {decode_clock_lead_v1};
  return decode_record(record_kind::clock_lead, bytes, decoders);
}

void store_clock_lead(batch& to, std::chrono::microseconds lead) {
  to.put(column::meta, keys::clock_lead(), encode_clock_lead(lead));
}

result<std::chrono::microseconds> load_clock_lead(const view& from) {
  auto bytes = from.get(column::meta, keys::clock_lead());
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return std::chrono::microseconds{0};
  return decode_clock_lead(**bytes);
}

}  // namespace pawl::persistence
