#include <algorithm>

#include "flow/schema/keywords/keywords.hpp"
#include "flow/schema/validation.hpp"

namespace pawl::flow::schema {
namespace {

std::uint64_t count_code_points(const std::string& text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

class length_keyword final : public keyword {
 public:
  length_keyword(location_index at, std::string path, bool is_maximum, std::uint64_t limit)
      : keyword(at, std::move(path)), is_maximum_(is_maximum), limit_(limit) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_string()) return true;
    const auto& text = value.get_ref<const std::string&>();
    if (!run.work().take(text.size() / 64)) return false;
    const std::uint64_t length = count_code_points(text);
    if (is_maximum_ ? length <= limit_ : length >= limit_) return true;
    return run.mismatch(*this, at, [&] {
      return std::string{is_maximum_ ? "must have at most " : "must have at least "} +
             counted(limit_, "character") + ", not " + std::to_string(length);
    });
  }

 private:
  bool is_maximum_;
  std::uint64_t limit_;
};

class pattern_keyword final : public keyword {
 public:
  pattern_keyword(location_index at, std::string path, pattern what)
      : keyword(at, std::move(path)), pattern_(std::move(what)) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_string()) return true;
    const auto& text = value.get_ref<const std::string&>();
    if (!run.work().take(pattern_.steps(text.size()))) return false;
    if (pattern_.matches(text)) return true;
    return run.mismatch(*this, at, [&] {
      return "must match the pattern " + shown(pattern_.text()) + ", not " + shown(value);
    });
  }

 private:
  pattern pattern_;
};

}  // namespace

void add_string_keywords(const keyword_source& source) {
  if (const auto least = source.count("minLength"))
    source.add<length_keyword>("/minLength", false, *least);
  if (const auto most = source.count("maxLength"))
    source.add<length_keyword>("/maxLength", true, *most);
  if (const std::string* const text = source.text("pattern"))
    if (auto compiled = source.compile_pattern("/pattern", *text))
      source.add<pattern_keyword>("/pattern", *std::move(compiled));
}

}  // namespace pawl::flow::schema
