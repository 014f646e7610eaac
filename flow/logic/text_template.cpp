#include "flow/logic/text_template.hpp"

#include <algorithm>
#include <utility>

namespace pawl::flow::logic {
namespace {

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Reads a text from its beginning to its end.
class splitter {
 public:
  explicit splitter(std::string_view text) : text_(text) {}

  text_template split() {
    std::string literal;
    std::size_t begin = 0;
    while (at_ < text_.size() && made_.problem.empty()) {
      if (text_.substr(at_).starts_with("\\{{")) {
        literal += opening;
        at_ += 3;
      } else if (text_.substr(at_).starts_with(opening)) {
        add(std::exchange(literal, {}), begin);
        const std::size_t offset = at_;
        json rule = braces();
        made_.parts.push_back(std::move(rule));
        made_.offsets.push_back(offset);
        ++rules_;
        begin = at_;
      } else {
        literal += text_[at_++];
      }
    }
    add(std::move(literal), begin);
    made_.is_single = rules_ == 1 && made_.parts.size() == 1;
    return std::move(made_);
  }

 private:
  void add(std::string literal, std::size_t offset) {
    if (literal.empty()) return;
    made_.parts.push_back(std::move(literal));
    made_.offsets.push_back(offset);
  }

  json braces() {
    const std::size_t begin = at_;
    at_ += opening.size();
    skip_spaces();
    const std::string_view path = word();
    if (path.empty())
      return wrong("there is no path in the braces; \"\\\\{{\" stands for \"{{\"", begin);
    json rule{{"var", std::string(path)}};
    while (made_.problem.empty()) {
      skip_spaces();
      if (rest().starts_with(closing)) {
        at_ += closing.size();
        return rule;
      }
      if (at_ == text_.size()) return wrong("these braces are not closed by \"}}\"", begin);
      if (text_[at_] != '|') return wrong("after a path or an operator comes \"|\" or \"}}\"", at_);
      ++at_;
      rule = call(std::move(rule));
    }
    return nullptr;
  }

  // An operator and its arguments, up to the next "|" or "}}".
  json call(json value) {
    skip_spaces();
    const std::string_view name = word();
    if (name.empty()) return wrong("after \"|\" comes the name of an operator", at_);
    json args = json::array();
    args.push_back(std::move(value));
    for (skip_spaces(); at_ < text_.size() && text_[at_] != '|' && !rest().starts_with(closing);
         skip_spaces()) {
      const std::size_t size = size_of_argument();
      json argument = json::parse(rest().substr(0, size), nullptr, false);
      if (argument.is_discarded() || argument.is_structured())
        return wrong("an argument is a number, true, false, null or a text in quotes", at_);
      args.push_back(std::move(argument));
      at_ += size;
    }
    return {{std::string(name), std::move(args)}};
  }

  [[nodiscard]] std::size_t size_of_argument() const noexcept {
    const std::string_view from = rest();
    if (from.front() != '"') return size_of_word(from);
    std::size_t size = 1;
    while (size < from.size() && from[size] != '"') size += from[size] == '\\' ? 2 : 1;
    return std::min(size + 1, from.size());
  }

  static std::size_t size_of_word(std::string_view from) noexcept {
    std::size_t size = 0;
    while (size < from.size() && !is_space(from[size]) && from[size] != '|' &&
           !from.substr(size).starts_with(closing))
      ++size;
    return size;
  }

  std::string_view word() noexcept {
    const std::string_view found = rest().substr(0, size_of_word(rest()));
    at_ += found.size();
    return found;
  }

  void skip_spaces() noexcept {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  [[nodiscard]] std::string_view rest() const noexcept { return text_.substr(at_); }

  json wrong(const char* problem, std::size_t offset) {
    made_.problem = problem;
    made_.problem_offset = offset;
    return nullptr;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t rules_ = 0;
  text_template made_;
};

}  // namespace

bool is_text_template(const json& source) noexcept {
  const auto* const text = source.get_ptr<const std::string*>();
  return text != nullptr && text->find(opening) != std::string::npos;
}

text_template split_text(std::string_view text) {
  return splitter{text}.split();
}

}  // namespace pawl::flow::logic
