#pragma once

#include <pawl/run_attributes.hpp>

#include "persistence/byte_reader.hpp"
#include "persistence/byte_writer.hpp"

/// The attributes of a run as the bodies of records hold them.
namespace pawl::persistence::codec {

void encode_attribute_map(byte_writer& to, const attribute_map& attributes);
/// Records an error in the reader for names that do not ascend and for a value that
/// `check_attribute` refuses.
[[nodiscard]] attribute_map decode_attribute_map(byte_reader& from);

void encode_attributes(byte_writer& to, const run_attributes& attributes);
[[nodiscard]] run_attributes decode_attributes(byte_reader& from);

}  // namespace pawl::persistence::codec
