#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::flow::schema {

/// A pattern of ECMAScript (ECMA-262, with the flag u) in the syntax of RE2.
struct re2_pattern {
  std::string text;
  /// Maximum number of places in the pattern at which a matcher can be at once: what one character
  /// of a text costs. `^[a-z]{1,64}$` has 1, `[a-z]+[a-z]+` has 2.
  std::size_t width = 1;
};

/// Translates a pattern. Groups do not capture, because only "matches or not" is asked. Errors,
/// whose messages are predicates ("has a look-ahead, …"): `invalid_argument` for what is not a
/// pattern and what RE2 cannot match in linear time (look-around, back-references);
/// `limit_exceeded` for a pattern that repeats or nests too much.
[[nodiscard]] result<re2_pattern> translate_pattern(std::string_view ecma);

/// Whether `translate_pattern` would accept the syntax; sizes are not checked. Takes time linear to
/// the text.
[[nodiscard]] bool is_pattern(std::string_view ecma);

}  // namespace pawl::flow::schema
