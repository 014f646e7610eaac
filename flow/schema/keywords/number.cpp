#include <array>

#include "flow/schema/decimal.hpp"
#include "flow/schema/keywords/keywords.hpp"
#include "flow/schema/validation.hpp"

namespace pawl::flow::schema {
namespace {

/// A keyword that limits a number.
struct bound {
  std::string_view name;
  std::string_view must;
  bool (*holds)(std::strong_ordering value_to_limit);
};

constexpr std::array<bound, 4> bounds = {
    {{"minimum", "must be at least ", [](std::strong_ordering o) { return o >= 0; }},
     {"maximum", "must be at most ", [](std::strong_ordering o) { return o <= 0; }},
     {"exclusiveMinimum", "must be greater than ", [](std::strong_ordering o) { return o > 0; }},
     {"exclusiveMaximum", "must be less than ", [](std::strong_ordering o) { return o < 0; }}}};

class bound_keyword final : public keyword {
 public:
  bound_keyword(location_index at, std::string path, const bound& kind, const json& limit)
      : keyword(at, std::move(path)), kind_(kind), limit_(limit) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_number() || kind_.holds(compare_numbers(value, limit_))) return true;
    return run.mismatch(*this, at, [&] {
      return std::string{kind_.must} + shown(limit_) + ", not " + shown(value);
    });
  }

 private:
  const bound& kind_;
  json limit_;
};

constexpr std::uint64_t steps_to_divide = 16;

class multiple_keyword final : public keyword {
 public:
  multiple_keyword(location_index at, std::string path, const json& divisor)
      : keyword(at, std::move(path)), divisor_(divisor) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_number()) return true;
    if (!run.work().take(steps_to_divide)) return false;
    if (is_multiple(value, divisor_)) return true;
    return run.mismatch(*this, at, [&] {
      return "must be a multiple of " + shown(divisor_) + ", not " + shown(value);
    });
  }

 private:
  json divisor_;
};

}  // namespace

void add_number_keywords(const keyword_source& source) {
  for (const auto& kind : bounds)
    if (const json* const limit = source.number(kind.name))
      source.add<bound_keyword>(path_of(kind.name), kind, *limit);
  const json* const divisor = source.number("multipleOf");
  if (divisor == nullptr) return;
  if (compare_numbers(*divisor, 0) <= 0)
    return source.fail("/multipleOf", "must be greater than 0, not " + shown(*divisor));
  source.add<multiple_keyword>("/multipleOf", *divisor);
}

}  // namespace pawl::flow::schema
