#pragma once

#include <pawl/result.hpp>

#include "persistence/postgres/address.hpp"
#include "persistence/postgres/connection.hpp"

namespace pawl::persistence::postgres {

/// Creates the schema `pawl` with its tables if the database has none, and refuses tables of a
/// newer layout. Several processes may call it at a time. Errors: `schema_newer`; as `to_error`.
[[nodiscard]] result<void> prepare_tables(connection& on, const address& at);

}  // namespace pawl::persistence::postgres
