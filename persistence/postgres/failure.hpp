#pragma once

#include <string>
#include <string_view>

#include <pawl/error.hpp>

#include "persistence/postgres/address.hpp"

namespace pawl::persistence::postgres {

/// Why a statement failed.
struct failure {
  std::string state;    ///< SQLSTATE; empty if the server did not answer
  std::string message;  ///< one line
  bool lost = false;    ///< the connection is gone: what was sent may have been done or not
};

/// Converts a failure to an error that names the action, the database and the remedy:
/// `storage_full`, `read_only`, `corrupt`, `unavailable` (type `unreachable`), `io_failed`.
[[nodiscard]] error to_error(const failure& why, std::string_view doing, const address& at);

}  // namespace pawl::persistence::postgres
