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
#include "flow/schema/pattern.hpp"

namespace pawl::flow::logic {

class evaluation;
struct expression;

/// Upper bound of `limits::max_depth`: evaluation uses two or three stack frames per level.
inline constexpr std::uint32_t max_max_depth = 512;

/// The function of an operator. Evaluates the arguments that it needs; `var` reads from `data`.
/// Returns undefined after the evaluation has failed.
using operation = value (*)(evaluation& run, const expression& call, const value& data);

/// One name in a path. In an array it is an index.
struct segment {
  static constexpr std::size_t no_index = static_cast<std::size_t>(-1);

  std::string_view name;
  std::size_t index = no_index;
  bool is_length = false;  ///< "length", which arrays and strings have as in JavaScript

  static segment parse(std::string_view name) noexcept;
};

/// A dotted path, split. Its segments refer to `text`, so a path must not be moved.
struct path {
  explicit path(std::string written);
  path(const path&) = delete;
  path& operator=(const path&) = delete;

  std::string text;
  std::vector<segment> segments;  ///< none for the whole data
  std::uint64_t steps = 1;        ///< cost of a lookup
};

/// A node of a compiled rule: an operator with its arguments, or a literal.
struct expression {
  operation apply = nullptr;  ///< null for a literal
  const expression* first_arg = nullptr;
  std::uint32_t arg_count = 0;
  std::uint32_t steps = 1;      ///< cost of the call and its literal arguments
  const path* where = nullptr;  ///< the path of an argument that is a literal path
  /// The compiled pattern of an argument that is a literal pattern.
  const schema::pattern* matcher = nullptr;
  const json* source = nullptr;  ///< what it was compiled from; null for a literal
  value literal;

  [[nodiscard]] bool is_literal() const noexcept { return apply == nullptr; }
  [[nodiscard]] std::span<const expression> args() const noexcept { return {first_arg, arg_count}; }
};

/// The part of a rule that its copies share. Literals refer to `source` and spans to `nodes`, so it
/// is built in place and must not be moved.
struct compiled {
  json source;
  expression root;
  std::vector<std::unique_ptr<expression[]>> nodes;
  std::vector<std::unique_ptr<const path>> paths;
  std::vector<std::unique_ptr<const schema::pattern>> patterns;
  std::vector<std::string> reads;
};

}  // namespace pawl::flow::logic
