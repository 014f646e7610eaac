#include "persistence/codec/payload.hpp"

#include <string>

#include "persistence/codec/cbor.hpp"

namespace pawl::persistence::codec {

void encode_payload(byte_writer& to, const json& value) {
  to.enumerator(payload_codec::plain);
  to.with_length([&](std::string& bytes) { append_cbor(bytes, value); });
}

json decode_payload(byte_reader& from) {
  const auto coded = static_cast<payload_codec>(from.byte());
  const std::string_view bytes = from.text();
  if (!from.ok()) return nullptr;
  switch (coded) {
    case payload_codec::plain:
      return read_cbor(bytes, from);
  }
  from.fail("has a payload that this build of Pawl cannot decode", errc::schema_newer);
  return nullptr;
}

json decode_object(byte_reader& from) {
  json value = decode_payload(from);
  if (value.is_object()) return value;
  from.fail("has a value that is not an object");
  return json::object();
}

}  // namespace pawl::persistence::codec
