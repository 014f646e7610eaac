// const and enum.

#include <unordered_map>

#include "flow/schema/equality.hpp"
#include "flow/schema/keywords/keywords.hpp"
#include "flow/schema/validation.hpp"

namespace pawl::flow::schema {
namespace {

constexpr std::size_t max_named_values = 5;

/// The steps for hashing the values of a schema: its own size is limited.
constexpr std::uint64_t steps_for_constants = ~std::uint64_t{0};

class values_keyword final : public keyword {
 public:
  values_keyword(location_index at, std::string path, const json& values)
      : keyword(at, std::move(path)), values_(values) {
    budget work{steps_for_constants};
    for (std::size_t i = 0; i < values_.size(); ++i) by_hash_.emplace(hash_of(values_[i], work), i);
  }

  bool check(validation& run, const json& value, const place& at) const override {
    const auto same_hash = by_hash_.equal_range(hash_of(value, run.work()));
    for (auto each = same_hash.first; each != same_hash.second; ++each)
      if (are_equal(values_[each->second], value, run.work())) return true;
    return run.mismatch(*this, at, [&] { return "must be " + names() + ", not " + shown(value); });
  }

 private:
  [[nodiscard]] std::string names() const {
    if (values_.empty()) return "one of no values";
    std::string all = values_.size() > 1 ? "one of " : "";
    for (std::size_t i = 0; i < values_.size() && i < max_named_values; ++i)
      all += (i > 0 ? ", " : "") + shown(values_[i]);
    if (values_.size() > max_named_values)
      all += " and " + std::to_string(values_.size() - max_named_values) + " more";
    else if (values_.size() == 1 && values_[0].is_structured())
      all += " as in the schema";
    return all;
  }

  json values_;
  std::unordered_multimap<std::uint64_t, std::size_t> by_hash_;
};

}  // namespace

void add_value_keywords(const keyword_source& source) {
  if (const json* const value = source.find("const"))
    source.add<values_keyword>("/const", json::array({*value}));
  if (const json* const values = source.array("enum")) source.add<values_keyword>("/enum", *values);
}

}  // namespace pawl::flow::schema
