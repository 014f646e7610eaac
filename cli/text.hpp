#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/json.hpp>

/// Text for people: safe output, column widths, durations. Pure functions.
namespace pawl::cli {

/// Escapes everything in `text` that could control a terminal or mislead a reader: control
/// characters of C0 and C1, bidirectional and other invisible formatting characters. Line feed and
/// tab become "\n" and "\t", others "\u001b"; invalid UTF-8 becomes U+FFFD. JSON keeps its
/// meaning. Every text that comes from a flow, a run or a file must pass through here.
[[nodiscard]] std::string printable(std::string_view text);

/// Same, but keeps line breaks: for text of several lines, such as indented JSON.
[[nodiscard]] std::string printable_lines(std::string_view text);

/// `text`, printable, as content of an element or a quoted attribute of HTML or XML.
[[nodiscard]] std::string markup_text(std::string_view text);

/// `value` as printable JSON on one line.
[[nodiscard]] std::string one_line(const json& value);
/// `value` as printable, indented JSON.
[[nodiscard]] std::string indented(const json& value);

/// Number of terminal columns of `text`, which must be printable UTF-8 without escape sequences.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

/// `text` truncated to at most `width` columns, with `ellipsis` at the end if truncated.
[[nodiscard]] std::string fit(std::string_view text, std::size_t width, std::string_view ellipsis);

/// `text` padded on the right to `width` columns.
[[nodiscard]] std::string pad(std::string text, std::size_t width);
/// `text` padded on the left to `width` columns.
[[nodiscard]] std::string pad_left(std::string text, std::size_t width);

/// "<1ms", "310ms", "1.20s", "42.0s", "3m 05s", "2h 07m", "3d 4h".
[[nodiscard]] std::string duration_text(std::int64_t us);

/// "512 B", "42.1 KiB", "3.0 GiB".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// "1 run", "3 runs".
[[nodiscard]] std::string counted(std::size_t count, std::string_view one);
/// "1 branch", "3 branches".
[[nodiscard]] std::string counted(std::size_t count, std::string_view one, std::string_view many);

/// `text` as one printable word of a shell command line, quoted if needed: as `$'…'` of bash and
/// zsh if it has characters that are escaped.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace pawl::cli
