#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::server {

/// What a request wants to be true before it is done: the field If-Match.
struct if_match {
  bool given = false;
  bool any = false;                     ///< "*"
  std::optional<std::string> tag = {};  ///< what stands in the quotes; none: no tag can match
};

/// Whether a list of entity tags (RFC 9110, 13.1.2), as If-None-Match has it, names `tag`, which is
/// a strong one with its quotes. Weak tags count; "*" names every one.
[[nodiscard]] bool has_tag(std::string_view list, std::string_view tag);

/// Reads If-Match. A weak tag, or a list of several, matches nothing.
[[nodiscard]] if_match read_if_match(std::string_view text);

/// What a run's command with that precondition can be held to: the number of a checkpoint. None: no
/// checkpoint can match.
[[nodiscard]] std::optional<std::uint64_t> checkpoint_of(const if_match& wanted);

}  // namespace pawl::server
