#include "flow/values/parse_json.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <pawl/code_ref.hpp>

#include "flow/values/json_location.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

/// Returns the text of a parser's exception, without its prefix ("[…] parse error at …: "). The
/// input that it quotes is shortened to its end and made printable.
std::string reason_of(std::string text) {
  if (text.starts_with('[')) text.erase(0, text.find("] ") + 2);
  if (text.starts_with("parse error")) text.erase(0, text.find(": ") + 2);
  constexpr std::string_view quote = "; last read: '";
  const auto begin = text.find(quote);
  if (begin == text.npos) return text;
  const auto end = text.rfind('\'');
  const std::string rest = text.substr(end + 1);
  std::string read = text.substr(begin + quote.size(), end - begin - quote.size());
  if (read.size() > 40) read.erase(0, read.size() - 40);
  return text.substr(0, begin) + "; last read: " + pawl::quoted(read) + rest;
}

std::string shown(text_location at) {
  return "line " + std::to_string(at.line) + ", column " + std::to_string(at.column);
}

/// Builds a value from the events of nlohmann's parser. Returning false ends the parse; `problem`
/// then says why.
class value_reader final : public nlohmann::json_sax<json> {
 public:
  value_reader(std::string_view text, std::string_view what, std::uint32_t max_depth)
      : text_(text), what_(what), max_depth_(max_depth) {}

  [[nodiscard]] json& root() noexcept { return root_; }
  [[nodiscard]] error& problem() noexcept { return problem_; }

  bool null() override { return add(nullptr) != nullptr; }
  bool boolean(bool value) override { return add(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return add(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return add(value) != nullptr; }
  bool number_float(number_float_t value, const string_t& written) override {
    if (written.find_first_of(".eE") == written.npos)
      return inexact(written, "has more than 64 bits; send it as a string");
    if (value == 0 && has_digits(written)) return inexact(written, "is too small for a double");
    return add(value) != nullptr;
  }
  bool string(string_t& value) override { return add(std::move(value)) != nullptr; }
  bool binary(binary_t&) override { return false; }  // never in a text

  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    auto& members = *open_.back()->get_ptr<json::object_t*>();
    const auto [member, is_new] = members.try_emplace(std::move(name), nullptr);
    if (!is_new) return duplicate(member->first);
    member_ = &member->second;
    return true;
  }

  bool parse_error(std::size_t end, const std::string& token,
                   const nlohmann::detail::exception& failure) override {
    constexpr int number_out_of_range = 406;
    if (failure.id == number_out_of_range) return inexact(token, "is too large for a double");
    return refuse(errc::invalid_argument, "is not valid JSON at " +
                                              shown(location_of(text_, end > 0 ? end - 1 : 0)) +
                                              ": " + reason_of(failure.what()));
  }

 private:
  static bool has_digits(std::string_view number) {
    return number.substr(0, number.find_first_of("eE")).find_first_of("123456789") !=
           std::string_view::npos;
  }

  json* add(json&& value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (auto* const items = open_.back()->get_ptr<json::array_t*>())
      return &items->emplace_back(std::move(value));
    *member_ = std::move(value);
    return member_;
  }

  bool open(json&& container) {
    if (open_.size() == max_depth_) {
      return refuse(errc::limit_exceeded,
                    "is nested deeper than " + std::to_string(max_depth_) + " levels");
    }
    open_.push_back(add(std::move(container)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  /// The pointer of the container that is read, or of the value that is next in it. Only for
  /// messages: takes time proportional to the members on the path.
  [[nodiscard]] std::string pointer(bool to_next) const {
    std::string made;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const bool is_last = i + 1 == open_.size();
      if (is_last && !to_next) break;
      if (const auto* const items = open_[i]->get_ptr<const json::array_t*>()) {
        made = child_pointer(std::move(made),
                             std::to_string(is_last ? items->size() : items->size() - 1));
        continue;
      }
      const json* const inner = is_last ? member_ : open_[i + 1];
      const auto& members = *open_[i]->get_ptr<const json::object_t*>();
      const auto found = std::find_if(members.begin(), members.end(),
                                      [&](const auto& each) { return &each.second == inner; });
      if (found != members.end()) made = child_pointer(std::move(made), found->first);
    }
    return made;
  }

  bool refuse(errc code, const std::string& why) {
    problem_ = error{code, std::string{what_} + " " + why};
    return false;
  }

  bool duplicate(const std::string& name) {
    const std::string object = pointer(false);
    const auto [first, second] = locate_twice(text_, object, name);
    return refuse(errc::invalid_argument, "has the key " + pawl::quoted(excerpt(name)) +
                                              " twice, at " + shown(first) + " and " +
                                              shown(second) + place(object));
  }

  bool inexact(const std::string& written, const char* why) {
    const std::string at = pointer(true);
    return refuse(errc::invalid_argument, "has a number that cannot be kept exactly at " +
                                              shown(locate(text_, at)) + place(at) + ": " +
                                              excerpt(written) + " " + why);
  }

  static std::string excerpt(const std::string& text) {
    return text.size() > 40 ? text.substr(0, 40) + "..." : text;
  }
  static std::string place(const std::string& pointer) {
    constexpr std::size_t max_shown = 200;
    return pointer.empty() || pointer.size() > max_shown ? "" : " (" + pointer + ")";
  }

  std::string_view text_;
  std::string_view what_;
  std::uint32_t max_depth_;
  json root_;
  json* member_ = nullptr;   ///< place for the value of the last key
  std::vector<json*> open_;  ///< the containers that are read, outermost first
  error problem_;
};

}  // namespace

result<json> parse_json(std::string_view text, std::string_view what, std::size_t max_bytes,
                        std::uint32_t max_depth) {
  const auto refused = [&](std::size_t byte, const char* why) {
    return error{errc::invalid_argument, std::string{what} + " is not valid JSON at " +
                                             shown(location_of(text, byte)) + ": " + why};
  };
  if (text.size() > max_bytes) {
    return error{errc::limit_exceeded, std::string{what} + " has " + std::to_string(text.size()) +
                                           " bytes; the maximum is " + std::to_string(max_bytes)};
  }
  if (text.starts_with("\xef\xbb\xbf"))
    return refused(0, "it begins with a byte order mark; save it as UTF-8 without one");
  // nlohmann takes a NUL byte as the end of the text.
  if (const auto nul = text.find('\0'); nul != text.npos)
    return refused(nul, "a NUL byte is not allowed; write it as \\u0000 in a string");
  value_reader reader{text, what, max_depth};
  if (!json::sax_parse(text, &reader)) return std::move(reader.problem());
  return std::move(reader.root());
}

}  // namespace pawl::flow
