#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/json.hpp>

/// Text for people: what data may print, how wide it is, how times read. Pure functions.
namespace pawl::cli {

/// `text` with everything that could steer a terminal or hide itself made visible: control
/// characters (also those of C1, and the ones that turn the writing direction) as "\n", "\t" or
/// "\u001b", bytes that are no UTF-8 as U+FFFD. Within JSON text it keeps JSON's meaning. Nothing
/// that comes from a flow, a run or a file is shown without it.
[[nodiscard]] std::string printable(std::string_view text);

/// As `printable`, but line breaks stay: for text of several lines, such as indented JSON.
[[nodiscard]] std::string printable_lines(std::string_view text);

/// `value` as JSON on one line, safe to print and valid whatever its texts contain.
[[nodiscard]] std::string one_line(const json& value);
/// `value` as indented JSON, safe to print.
[[nodiscard]] std::string indented(const json& value);

/// How many columns a terminal gives to `text`, which is printable UTF-8 without colours.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

/// `text` cut to at most `width` columns; what was cut ends with `ellipsis`.
[[nodiscard]] std::string fit(std::string_view text, std::size_t width, std::string_view ellipsis);

/// `text` and as many spaces as `width` columns need.
[[nodiscard]] std::string pad(std::string text, std::size_t width);
/// The same with the spaces before it.
[[nodiscard]] std::string pad_left(std::string text, std::size_t width);

/// "<1ms", "310ms", "1.20s", "42.0s", "3m 05s", "2h 07m", "3d 4h".
[[nodiscard]] std::string duration_text(std::int64_t us);

/// "1 run", "3 runs".
[[nodiscard]] std::string counted(std::size_t count, std::string_view one);

/// `text` as one word of a shell's command line, in quotes where it needs them.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace pawl::cli
