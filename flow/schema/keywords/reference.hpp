#pragma once

#include <optional>

#include "flow/schema/validation.hpp"

namespace pawl::flow::schema {

/// `$ref`. The compiler sets the target when it has read the whole schema.
class reference_keyword final : public keyword {
 public:
  using keyword::keyword;

  bool check(validation& run, const json& value, const place& at) const override {
    return target && run.check(*target, value, at);
  }
  void add_in_place(std::vector<subschema_index>& all) const override {
    if (target) all.push_back(*target);
  }

  std::optional<subschema_index> target;  ///< none: a problem that the compiler reported
};

}  // namespace pawl::flow::schema
