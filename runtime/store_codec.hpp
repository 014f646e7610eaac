#pragma once

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

#include "persistence/values/codec_ptr.hpp"

namespace pawl {

/// How a store with these settings stores its values. Reads the file of `storage.keys`. Errors,
/// none of which shows a key: `not_found`, `io_failed`, `limit_exceeded`; `invalid_argument` if
/// other users may access the file, or it is not as docs/encryption.md describes it.
[[nodiscard]] result<persistence::values::codec_ptr> make_store_codec(const storage_settings& s);

}  // namespace pawl
