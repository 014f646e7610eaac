#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::server {

/// The precondition in the field If-Match.
struct if_match {
  bool given = false;
  bool any = false;                     ///< "*"
  std::optional<std::string> tag = {};  ///< the tag without quotes; none: no tag can match
};

/// Whether a list of entity tags (If-None-Match, RFC 9110, 13.1.2) contains the strong tag `tag`,
/// given with its quotes. Uses weak comparison; "*" matches every tag.
[[nodiscard]] bool has_tag(std::string_view list, std::string_view tag);

/// Parses If-Match. A weak tag or a list of tags matches nothing.
[[nodiscard]] if_match read_if_match(std::string_view text);

/// The checkpoint in a precondition; none if no checkpoint can match.
[[nodiscard]] std::optional<std::uint64_t> checkpoint_of(const if_match& wanted);

}  // namespace pawl::server
