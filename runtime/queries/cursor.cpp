#include "runtime/queries/cursor.hpp"

#include <utility>

#include <pawl/detail/hex.hpp>

namespace pawl {

result<void> check_limit(std::size_t limit) {
  if (limit >= 1 && limit <= 1000) return {};
  return error{errc::invalid_argument,
               "invalid limit: " + std::to_string(limit) + "; use 1 to 1000"};
}

std::string make_cursor(std::string_view key) {
  return detail::to_hex(key);
}

error invalid_cursor() {
  return {errc::invalid_argument, "invalid cursor; use the one returned with the previous page"};
}

result<std::string> key_in_cursor(std::string_view cursor) {
  auto key = detail::from_hex(cursor);
  if (!key) return invalid_cursor();
  return *std::move(key);
}

result<std::string> cursor_key(std::string_view cursor, const persistence::view::range& within) {
  auto key = key_in_cursor(cursor);
  if (!key) return key;
  *key += '\0';  // the first key after it
  if (*key < within.from || *key >= within.to) return invalid_cursor();
  return key;
}

}  // namespace pawl
