#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/json.hpp>

namespace pawl::flow::logic {

/// A text with `{{ PATH | OPERATOR ARGUMENT … }}` in it, split.
struct text_template {
  json parts = json::array();        ///< texts, and rules for what is in braces
  std::vector<std::size_t> offsets;  ///< of the parts in the text, in bytes
  bool is_single = false;            ///< the text is one rule, which keeps its type
  std::string problem;               ///< what is wrong with the text; empty if nothing is
  std::size_t problem_offset = 0;    ///< where, in bytes
};

/// Whether a text has `{{`, escaped or not.
[[nodiscard]] bool is_text_template(const json& source) noexcept;

/// Splits a text: `\{{` stands for `{{`; in braces stand a path and operators, each with arguments
/// that are JSON literals. The value goes through the operators as their first argument.
[[nodiscard]] text_template split_text(std::string_view text);

/// Where in a text something is wrong, as the end of a message.
[[nodiscard]] inline std::string at_byte(std::size_t offset) {
  return " (at byte " + std::to_string(offset) + " of the text)";
}

}  // namespace pawl::flow::logic
