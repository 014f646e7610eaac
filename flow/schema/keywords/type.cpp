#include <algorithm>
#include <array>
#include <cstdint>

#include "flow/schema/decimal.hpp"
#include "flow/schema/keywords/keywords.hpp"
#include "flow/schema/validation.hpp"

namespace pawl::flow::schema {
namespace {

struct type_name {
  std::string_view name;
  std::string_view with_article;
  std::uint8_t bit;
};

constexpr std::uint8_t number_bit = 8, integer_bit = 16;
constexpr std::array<type_name, 7> type_names = {{{"null", "null", 1},
                                                  {"boolean", "a boolean", 2},
                                                  {"string", "a string", 4},
                                                  {"number", "a number", number_bit},
                                                  {"integer", "an integer", integer_bit},
                                                  {"array", "an array", 32},
                                                  {"object", "an object", 64}}};

std::uint8_t bits_of(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return 1;
    case json::value_t::boolean:
      return 2;
    case json::value_t::string:
      return 4;
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
      return is_whole(value) ? number_bit | integer_bit : number_bit;
    case json::value_t::array:
      return 32;
    case json::value_t::object:
      return 64;
    case json::value_t::binary:
    case json::value_t::discarded:
      break;
  }
  return 0;
}

class type_keyword final : public keyword {
 public:
  type_keyword(location_index at, std::string path, std::uint8_t allowed)
      : keyword(at, std::move(path)), allowed_(allowed) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if ((bits_of(value) & allowed_) != 0) return true;
    return run.mismatch(*this, at, [&] { return "must be " + names() + ", not " + shown(value); });
  }

 private:
  [[nodiscard]] std::string names() const {
    std::string all;
    for (const auto& each : type_names) {
      if ((each.bit & allowed_) == 0) continue;
      if (!all.empty()) all += " or ";
      all += each.with_article;
    }
    return all;
  }

  std::uint8_t allowed_;
};

}  // namespace

void add_type_keywords(const keyword_source& source) {
  const json* const type = source.find("type");
  if (type == nullptr) return;
  const json list = type->is_array() ? *type : json::array({*type});
  std::uint8_t allowed = 0;
  for (const json& each : list) {
    const auto known = std::find_if(type_names.begin(), type_names.end(),
                                    [&](const type_name& t) { return each == t.name; });
    if (known == type_names.end()) {
      return source.fail("/type", shown(each) +
                                      " is not a type; the types are null, boolean, string, "
                                      "number, integer, array and object");
    }
    allowed = static_cast<std::uint8_t>(allowed | known->bit);
  }
  if (allowed == 0) return source.fail("/type", "needs at least one type");
  source.add<type_keyword>("/type", allowed);
}

}  // namespace pawl::flow::schema
