#pragma once

#include <string>
#include <string_view>

namespace pawl::flow::schema {

/// Resolves a reference against a base (RFC 3986, section 5.2, without its fragment rules for the
/// base). Either may be any text.
[[nodiscard]] std::string resolve_uri(std::string_view base, std::string_view reference);

/// Splits off the fragment: what follows the first "#".
struct split_uri {
  std::string_view document;
  std::string_view fragment;
};
[[nodiscard]] split_uri split_fragment(std::string_view uri) noexcept;

/// Decodes "%41" to "A". An incomplete code stays as it is.
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace pawl::flow::schema
