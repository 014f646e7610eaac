#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/json.hpp>

#include "flow/logic/value.hpp"

namespace pawl::flow::logic {

class evaluation;
struct expression;

/// The greatest `limits::max_depth` that counts: evaluation takes two or three stack frames for
/// each level of a rule.
inline constexpr std::uint32_t deepest = 512;

/// What an operator does: evaluates the arguments that it needs, with `data` as what `var` reads.
/// Returns undefined after the evaluation has failed.
using operation = value (*)(evaluation& run, const expression& call, const value& data);

/// One name in a path. As an index it also serves for arrays.
struct segment {
  static constexpr std::size_t no_index = static_cast<std::size_t>(-1);

  std::string_view name;
  std::size_t index = no_index;
  bool is_length = false;  ///< "length", which arrays and text have as in JavaScript

  static segment parse(std::string_view name) noexcept;
};

/// A path with dots, split. Its segments look into `text`: never moved.
struct path {
  explicit path(std::string written);
  path(const path&) = delete;
  path& operator=(const path&) = delete;

  std::string text;
  std::vector<segment> segments;  ///< none for the whole data
  std::uint64_t steps = 1;        ///< what looking it up costs
};

/// A node of a compiled rule: an operator with its arguments, or a literal.
struct expression {
  operation apply = nullptr;  ///< null for a literal
  const expression* first_arg = nullptr;
  std::uint32_t arg_count = 0;
  std::uint32_t steps = 1;      ///< what the call and its literal arguments cost
  const path* where = nullptr;  ///< of an argument that is a literal path
  value literal;

  [[nodiscard]] bool is_literal() const noexcept { return apply == nullptr; }
  [[nodiscard]] std::span<const expression> args() const noexcept { return {first_arg, arg_count}; }
};

/// What a rule shares among its copies. Literals look into `source`, spans into `nodes`, so it is
/// built in place and never moved.
struct compiled {
  json source;
  expression root;
  std::vector<std::unique_ptr<expression[]>> nodes;
  std::vector<std::unique_ptr<const path>> paths;
  std::vector<std::string> reads;
};

/// Reaches into a rule; for the compiler.
struct rule_access;

}  // namespace pawl::flow::logic
