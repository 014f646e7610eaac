#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "flow/values/json_location.hpp"

namespace pawl::server {

/// Where a value of a YAML text begins, and where those inside it do.
struct yaml_place {
  flow::text_location at;
  std::string key = {};                 ///< of a member of a mapping
  std::vector<yaml_place> inside = {};  ///< members or items, in the order of the text
};

/// A YAML text as the JSON value that it means.
struct yaml_document {
  json value;
  yaml_place places;
};

/// Where the value at a JSON pointer (RFC 6901) begins in the text of a document; for a value that
/// does not exist or that is part of what an alias stands for, its innermost existing container.
[[nodiscard]] flow::text_location locate(const json& value, const yaml_place& places,
                                         std::string_view pointer);

/// Parses a YAML text from outside as JSON. Plain scalars mean what the core schema of YAML 1.2
/// says: null, true and false are these values, what is a number in JSON is a number, and all else
/// is a text: `yes`, `on` and dates, too. Refused, besides what is not YAML:
/// - what other programs read differently: mappings with a key twice, merge keys (`<<`), numbers
///   that JSON does not have (`007`, `0x1f`, `.5`, `.inf`) or that would change (see
///   `flow::parse_json`);
/// - keys that are not texts, several documents, tags other than `!!str`, a byte order mark, NUL
///   bytes, texts that are not UTF-8.
/// Anchors and aliases are allowed; the value with all aliases replaced has at most `max_bytes` and
/// `max_depth`. `what` names the text in messages. Errors: `invalid_argument` with the line and
/// column (from 1, in bytes) and the reason; `limit_exceeded`.
[[nodiscard]] result<yaml_document> parse_yaml(std::string_view text, std::string_view what,
                                               std::size_t max_bytes, std::uint32_t max_depth);

}  // namespace pawl::server
