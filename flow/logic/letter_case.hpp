#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::flow::logic {

enum class letter_case : std::uint8_t { lower, upper };

/// Changes the case of every letter by the simple mappings of Unicode, which replace a character by
/// one character, in every language alike: "ß" has no upper case. The result can be longer in
/// bytes.
[[nodiscard]] std::string with_case(std::string_view text, letter_case wanted);

}  // namespace pawl::flow::logic
