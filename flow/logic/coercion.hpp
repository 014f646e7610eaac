#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "flow/logic/evaluation.hpp"
#include "flow/logic/value.hpp"

/// Conversions and comparisons of values, as ECMAScript defines them for the values of JSON.
/// Reading and building text is charged to the budgets of the evaluation. After a failure the
/// results are meaningless.
namespace pawl::flow::logic {

/// Builds text within the budget of the evaluation. Does nothing after a failure.
class text_builder {
 public:
  explicit text_builder(evaluation& run) : run_(run) {}

  void add(std::string_view text) {
    if (run_.take(text.size())) text_.append(text);
  }
  /// Appends an item as `Array.prototype.join` does: nothing for null and undefined; arrays are
  /// flattened, with commas.
  void add_joined(const value& item);

  [[nodiscard]] std::string_view finish() { return run_.keep(text_); }

 private:
  void add_scalar(const value& item);

  evaluation& run_;
  std::string text_;
};

/// `String(v)`. The result lives as long as the evaluation.
[[nodiscard]] std::string_view to_text(evaluation& run, const value& v);

/// `Number(v)`
[[nodiscard]] number to_number(evaluation& run, const value& v);

/// `parseFloat(v)`
[[nodiscard]] number to_float(evaluation& run, const value& v);

/// `a === b`: arrays and objects are equal only to themselves.
[[nodiscard]] bool strictly_equal(evaluation& run, const value& a, const value& b);

/// `a == b`
[[nodiscard]] bool loosely_equal(evaluation& run, const value& a, const value& b);

/// Orders `a` and `b` for <, <=, > and >=. Strings are compared by code points.
[[nodiscard]] std::partial_ordering order(evaluation& run, const value& a, const value& b);

}  // namespace pawl::flow::logic
