#pragma once

#include <memory>

#include <pawl/settings.hpp>

#include "cli/session.hpp"
#include "persistence/store.hpp"
#include "persistence/values/codec_ptr.hpp"

namespace pawl::cli {

/// Whether there is a store for this use, as far as names of files say. Errors: `invalid_argument`
/// (no data folder), `not_found`.
[[nodiscard]] result<void> check_store(const storage_settings& storage, store_use use);

/// Opens the store in the data folder for a command that needs no engine. Errors: as `check_store`
/// and `persistence::open_rocksdb_store`, or `open_store_beside_writer` for a command that only
/// reads while another process has the store open; `not_supported` if the command is for a server.
/// `codec`: how values are stored, as `make_store_codec` made it; null: it is made here.
[[nodiscard]] result<std::unique_ptr<persistence::store>> open_plain_store(
    session& s, const settings& with, store_use use,
    persistence::values::codec_ptr codec = nullptr);

}  // namespace pawl::cli
