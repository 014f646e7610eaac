#pragma once

#include <string>

#include <pawl/result.hpp>

#include "persistence/postgres/address.hpp"
#include "persistence/postgres/connection.hpp"

namespace pawl::persistence::postgres {

/// Creates the schema `pawl` with its tables if the database has none, and refuses tables of a
/// newer layout or of another cluster. Several processes may call it at a time. Errors:
/// `schema_newer`; `invalid_argument` (the cluster); as `to_error`.
[[nodiscard]] result<void> prepare_tables(connection& on, const address& at,
                                          const std::string& cluster);

}  // namespace pawl::persistence::postgres
