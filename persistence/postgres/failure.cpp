#include "persistence/postgres/failure.hpp"

namespace pawl::persistence::postgres {

error to_error(const failure& why, std::string_view doing, const address& at) {
  const std::string what = doing_to(doing, at);
  const std::string_view state = why.state;
  const std::string detail = state.empty() ? why.message : why.message + ", SQLSTATE " + why.state;
  if (state == "53100") {
    return {errc::storage_full,
            what + ": no space left on the server (" + detail + "). Free some space there"};
  }
  if (state == "25006") {
    return {errc::read_only, what + ": the server is a standby or read-only (" + detail +
                                 "). Name the primary in storage.url"};
  }
  if (state == "42501") {
    return {errc::read_only, what + ": not permitted (" + detail +
                                 "). Grant the user CREATE on the database, or make it the owner "
                                 "of the schema pawl"};
  }
  if (state.starts_with("XX")) {
    return {errc::corrupt,
            what + ": the server reports damaged data (" + detail + "). Restore the database"};
  }
  if (why.lost || state.empty() || state.starts_with("08") || state.starts_with("57P") ||
      state.starts_with("53"))
    return {errc::unavailable, what + ": " + detail, "unreachable"};
  return {errc::io_failed, what + ": " + detail};
}

}  // namespace pawl::persistence::postgres
