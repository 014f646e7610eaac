#include "flow/schema/pattern_syntax.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/detail/hex.hpp>
#include <pawl/detail/utf8.hpp>

#include "flow/schema/pattern_classes.hpp"
#include "flow/schema/pattern_width.hpp"

namespace pawl::flow::schema {
namespace {

constexpr int max_groups = 50;              // nested
constexpr std::uint32_t max_times = 1'000;  // RE2's limit

/// Reads a pattern by recursive descent and writes it for RE2. The first problem ends the reading:
/// from then on nothing is left to read.
class pattern_reader {
 public:
  explicit pattern_reader(std::string_view text, bool measures = true)
      : text_(text), measures_(measures) {}

  result<re2_pattern> read() {
    bool anchored = true;
    pattern_part whole = disjunction(0, &anchored);
    if (!problem_ && at_ < text_.size()) fail("has a \")\" without its \"(\"");
    if (problem_) return *std::move(problem_);
    if (!anchored) whole.begin_anywhere();
    return re2_pattern{std::move(out_), whole.width()};
  }

 private:
  // Alternatives. `anchored` becomes false if one of them does not begin with ^.
  pattern_part disjunction(int depth, bool* anchored) {
    if (anchored != nullptr) *anchored = peek() == '^';
    pattern_part all = alternative(depth);
    while (take('|')) {
      out_ += '|';
      if (anchored != nullptr && peek() != '^') *anchored = false;
      if (!all.add_alternative(alternative(depth))) fail_size();
    }
    return all;
  }

  pattern_part alternative(int depth) {
    pattern_part all;
    while (more() && peek() != '|' && peek() != ')')
      if (!all.append(term(depth))) fail_size();
    return all;
  }

  pattern_part term(int depth) {
    if (assertion()) {
      if (const char c = peek(); more() && (c == '*' || c == '+' || c == '?'))
        fail(std::string{"has a \""} + c + "\" after an assertion, which has nothing to repeat");
      return {};
    }
    pattern_part read = atom(depth);
    if (const auto times = quantifier()) {
      if (times->second != pattern_part::endless && times->second < times->first)
        fail("has a repetition whose maximum is less than its minimum");
      else if (std::max(times->first, times->second == pattern_part::endless ? 0 : times->second) >
               max_times)
        fail("repeats more than 1000 times; check lengths with minLength and maxLength");
      else if (!read.repeat(times->first, times->second))
        fail_size();
    }
    return read;
  }

  bool assertion() {
    if (take('^')) return out_ += "\\A", true;
    if (take('$')) return out_ += "\\z", true;
    if (!text_.substr(at_).starts_with("\\b") && !text_.substr(at_).starts_with("\\B"))
      return false;
    out_ += text_.substr(at_, 2);
    at_ += 2;
    return true;
  }

  pattern_part atom(int depth) {
    const char c = peek();
    if (c == '(') return group(depth);
    if (c == '[') return bracket();
    if (c == '*' || c == '+' || c == '?') {
      fail(std::string{"has a \""} + c + "\" with nothing before it to repeat");
    } else if (c == '{' && counted()) {
      fail("has a repetition with nothing before it to repeat");
    } else if (take('.')) {
      out_ += re2_dot;
    } else if (take('\\')) {
      out_ += escape(false);
    } else {
      out_ += re2_character(character());
    }
    return one();
  }

  pattern_part group(int depth) {
    ++at_;
    if (depth == max_groups) {
      fail("has more than " + std::to_string(max_groups) + " nested groups");
      return {};
    }
    if (take("?=") || take("?!")) return refuse("has a look-ahead");
    if (take("?<=") || take("?<!")) return refuse("has a look-behind");
    if (take("?<")) {
      const auto end = text_.find('>', at_);
      if (end == text_.npos || end == at_) return refuse("has a group whose name does not end");
      at_ = end + 1;
    } else if (!take("?:") && peek() == '?') {
      fail("has an unknown kind of group; \"(\", \"(?:\" and \"(?<name>\" are known");
      return {};
    }
    out_ += "(?:";
    pattern_part inside = disjunction(depth + 1, nullptr);
    if (!problem_ && !take(')')) fail("has a \"(\" without its \")\"");
    out_ += ')';
    return inside;
  }

  pattern_part refuse(const char* what) {
    fail(std::string{what} + ", which cannot be matched in linear time (see RE2)");
    return {};
  }

  pattern_part bracket() {
    ++at_;
    if (take("^]")) return out_ += re2_any, one();
    if (take(']')) return out_ += re2_none, one();
    out_ += '[';
    if (take('^')) out_ += '^';
    while (more() && peek() != ']') class_member();
    if (!problem_ && !take(']')) fail("has a \"[\" without its \"]\"");
    out_ += ']';
    return one();
  }

  void class_member() {
    std::string first = class_atom();
    const bool is_range =
        peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']' && last_character_;
    out_ += first;
    if (!is_range) return;
    const char32_t low = *last_character_;
    ++at_;
    const std::string second = class_atom();
    if (!last_character_) {  // a class, so that the hyphen is one
      out_ += re2_character('-') + second;
      return;
    }
    if (*last_character_ < low) fail("has a range in \"[…]\" that is out of order");
    out_ += '-' + second;
  }

  /// Sets `last_character_` unless it is a class.
  std::string class_atom() {
    last_character_.reset();
    if (take('\\')) return escape(true);
    return shown(character());
  }

  std::string shown(char32_t c) {
    last_character_ = c;
    return re2_character(c);
  }

  /// What follows a backslash.
  std::string escape(bool in_class) {
    if (!more()) return fail("ends with a backslash"), "";
    const char c = text_[at_++];
    if (const auto members = re2_class(c); !members.empty())
      return in_class ? std::string{members} : "[" + std::string{members} + "]";
    if (c == 'p' || c == 'P') return property(c);
    if (c >= '1' && c <= '9' && !in_class)
      return refuse(("has a back-reference (\\" + std::string{c} + ")").c_str()), "";
    if (c == 'k') return refuse("has a back-reference (\\k)"), "";
    if (in_class && c == 'b') return shown('\b');
    if (const auto code = escaped_character(c)) return shown(*code);
    fail("has the unknown escape " + pawl::quoted(std::string{'\\', c}));
    return "";
  }

  std::optional<char32_t> escaped_character(char c) {
    switch (c) {
      case 't':
        return '\t';
      case 'n':
        return '\n';
      case 'v':
        return '\v';
      case 'f':
        return '\f';
      case 'r':
        return '\r';
      case '0':
        if (more() && peek() >= '0' && peek() <= '9') return std::nullopt;
        return U'\0';
      case 'c': {
        const char letter = static_cast<char>(peek() | 0x20);
        if (letter < 'a' || letter > 'z') return std::nullopt;
        return static_cast<char32_t>(text_[at_++] & 0x1F);
      }
      case 'x':
        return hex(2);
      case 'u':
        return unicode();
      default:
        break;
    }
    const auto byte = static_cast<unsigned char>(c);
    const char lower = static_cast<char>(c | 0x20);
    if (byte >= 0x80 || byte < 0x20 || (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z'))
      return std::nullopt;
    return byte;
  }

  std::optional<char32_t> hex(std::size_t digits) {
    char32_t code = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const int digit = at_ < text_.size() ? detail::hex_value(text_[at_]) : -1;
      if (digit < 0) return std::nullopt;
      code = code << 4 | static_cast<char32_t>(digit);
      ++at_;
    }
    return code;
  }

  std::optional<char32_t> unicode() {
    if (take('{')) {
      const auto end = text_.find('}', at_);
      if (end == text_.npos || end == at_ || end - at_ > 6) return std::nullopt;
      const auto code = hex(end - at_);
      if (!code || !take('}') || *code > 0x10FFFF) return std::nullopt;
      return code;
    }
    auto code = hex(4);
    if (code && *code >= 0xD800 && *code < 0xDC00 && take("\\u")) {
      const auto low = hex(4);
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return std::nullopt;
      code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
    }
    if (code && *code >= 0xD800 && *code <= 0xDFFF) return std::nullopt;  // no character
    return code;
  }

  std::string property(char p) {
    const auto end = take('{') ? text_.find('}', at_) : text_.npos;
    if (end == text_.npos) return fail("has a \\p without a property in braces"), "";
    const auto written = text_.substr(at_, end - at_);
    const std::string name = re2_property(written);
    if (name.empty()) return fail("has the unknown property " + pawl::quoted(written)), "";
    at_ = end + 1;
    return std::string{'\\', p} + "{" + name + "}";
  }

  /// The bounds of the repetition that follows, if one does.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> quantifier() {
    std::optional<std::pair<std::uint32_t, std::uint32_t>> times;
    const std::size_t from = at_;
    if (take('*'))
      times.emplace(0, pattern_part::endless);
    else if (take('+'))
      times.emplace(1, pattern_part::endless);
    else if (take('?'))
      times.emplace(0, 1);
    else if (peek() == '{')
      times = counted();
    if (!times) return times;
    out_ += text_.substr(from, at_ - from);
    static_cast<void>(take('?'));  // lazy or not makes no difference here
    if (const char c = peek(); more() && (c == '*' || c == '+' || c == '?'))
      fail(std::string{"has a \""} + c + "\" after a repetition");
    return times;
  }

  /// {n}, {n,} or {n,m}; reads nothing if the brace is a character.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> counted() {
    const std::size_t from = at_;
    ++at_;
    const auto least = number();
    std::optional<std::uint32_t> most = least;
    if (least && take(',')) most = peek() == '}' ? pattern_part::endless : number();
    if (least && most && take('}')) return std::pair{*least, *most};
    at_ = from;
    return std::nullopt;
  }

  std::optional<std::uint32_t> number() {
    std::optional<std::uint32_t> read;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      const auto digit = static_cast<std::uint32_t>(text_[at_++] - '0');
      read = std::min<std::uint32_t>(read.value_or(0), 100'000) * 10 + digit;
    }
    return read;
  }

  char32_t character() {
    const auto rest = text_.substr(at_);
    const std::size_t size = detail::utf8_character(rest);
    if (size == 0) return fail("is not valid UTF-8"), 0;
    at_ += size;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
    if (size == 1) return byte(0);
    char32_t code = byte(0) & (0xFFu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) code = code << 6 | (byte(i) & 0x3Fu);
    return code;
  }

  [[nodiscard]] bool more() const { return at_ < text_.size(); }
  /// The next byte; NUL at the end.
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (!more() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  void fail_size() {
    fail("is too large: repetitions written out, it has more than " +
             std::to_string(pattern_part::max_places) + " characters",
         errc::limit_exceeded);
  }
  void fail(std::string what, errc code = errc::invalid_argument) {
    if (!problem_) problem_ = error{code, std::move(what)};
    at_ = text_.size();
  }

  /// The part of one character.
  [[nodiscard]] pattern_part one() const {
    return measures_ ? pattern_part::character() : pattern_part{};
  }

  std::string_view text_;
  bool measures_;
  std::size_t at_ = 0;
  std::string out_;
  std::optional<char32_t> last_character_;
  std::optional<error> problem_;
};

}  // namespace

result<re2_pattern> translate_pattern(std::string_view ecma) {
  return pattern_reader{ecma}.read();
}

bool is_pattern(std::string_view ecma) {
  return pattern_reader{ecma, false}.read().has_value();
}

}  // namespace pawl::flow::schema
