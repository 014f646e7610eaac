#include "persistence/transfer/line_reader.hpp"

#include <utility>

#include "flow/values/parse_json.hpp"
#include "persistence/transfer/transfer_lines.hpp"

namespace pawl::persistence {
namespace {

/// Nesting of the JSON in a line: more than a run can have.
constexpr std::uint32_t max_line_depth = 1'000;

enum class line_end : std::uint8_t { newline, end_of_file, too_long };

line_end read_line(std::istream& from, std::string& text) {
  text.clear();
  std::streambuf& source = *from.rdbuf();
  for (int c = source.sbumpc(); c != std::char_traits<char>::eof(); c = source.sbumpc()) {
    if (c == '\n') return line_end::newline;
    if (text.size() >= max_transfer_line) return line_end::too_long;
    text.push_back(static_cast<char>(c));
  }
  from.setstate(std::ios::eofbit);
  return line_end::end_of_file;
}

}  // namespace

error line_reader::at_line(error failure) const {
  failure.message.insert(0, "line " + std::to_string(number_) + ": ");
  return failure;
}

result<std::optional<json>> line_reader::next() {
  const line_end ended = read_line(from_, text_);
  if (from_.bad()) return error{errc::io_failed, "the file cannot be read"};
  if (ended == line_end::end_of_file && text_.empty()) return std::optional<json>{};
  ++number_;
  if (ended == line_end::too_long) {
    return at_line({errc::invalid_argument,
                    "it is longer than " + std::to_string(max_transfer_line) + " bytes"});
  }
  if (ended == line_end::end_of_file)
    return at_line({errc::invalid_argument, "it has no end: the file was cut"});
  auto parsed = flow::parse_json(text_, "it", max_transfer_line, max_line_depth);
  if (!parsed) return at_line({errc::invalid_argument, parsed.error().message});
  if (!parsed->is_object()) return at_line({errc::invalid_argument, "it is not a JSON object"});
  return std::optional{*std::move(parsed)};
}

}  // namespace pawl::persistence
