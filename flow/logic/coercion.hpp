#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "flow/logic/evaluation.hpp"
#include "flow/logic/value.hpp"

/// How values of one type become another, and how they compare, as ECMAScript defines it for values
/// that JSON can hold. What reads or builds text is paid for from the evaluation's budgets; after a
/// failure the answers mean nothing.
namespace pawl::flow::logic {

/// Builds text under the evaluation's budget. After a failure it takes nothing more.
class text_builder {
 public:
  explicit text_builder(evaluation& run) : run_(run) {}

  void add(std::string_view text) {
    if (run_.take(text.size())) text_.append(text);
  }
  /// What `Array.prototype.join` writes for an item: nothing for null and undefined, arrays
  /// flattened with commas.
  void add_joined(const value& item);

  [[nodiscard]] std::string_view finish() { return run_.keep(text_); }

 private:
  void add_scalar(const value& item);

  evaluation& run_;
  std::string text_;
};

/// `String(v)`. The text lives as long as the evaluation.
[[nodiscard]] std::string_view to_text(evaluation& run, const value& v);

/// `Number(v)`
[[nodiscard]] number to_number(evaluation& run, const value& v);

/// `parseFloat(v)`
[[nodiscard]] number to_float(evaluation& run, const value& v);

/// `a === b`: arrays and objects are equal only to themselves.
[[nodiscard]] bool strictly_equal(evaluation& run, const value& a, const value& b);

/// `a == b`
[[nodiscard]] bool loosely_equal(evaluation& run, const value& a, const value& b);

/// How `a` and `b` order under <, <=, > and >=. Texts compare by code points.
[[nodiscard]] std::partial_ordering order(evaluation& run, const value& a, const value& b);

}  // namespace pawl::flow::logic
