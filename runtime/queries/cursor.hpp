#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

namespace pawl {

/// Checks the limit of a page: 1 to 1000. Error: `invalid_argument`.
[[nodiscard]] result<void> check_limit(std::size_t limit);

/// The cursor of the page that begins after `key`: the key in hexadecimal. The key may be any text
/// that says where a list ended.
[[nodiscard]] std::string make_cursor(std::string_view key);

/// The error of a cursor that names no place in its list.
[[nodiscard]] error invalid_cursor();

/// The inverse of `make_cursor`. Error: `invalid_argument`.
[[nodiscard]] result<std::string> key_in_cursor(std::string_view cursor);

/// The first key of the page that `cursor` names. It is always within `within`: a forged cursor
/// shows nothing of another scope. Error: `invalid_argument`.
[[nodiscard]] result<std::string> cursor_key(std::string_view cursor,
                                             const persistence::view::range& within);

}  // namespace pawl
