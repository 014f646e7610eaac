#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/json.hpp>

#include "flow/schema/pattern.hpp"
#include "flow/schema/program.hpp"

namespace pawl::flow::schema {

class compiler;

/// A subschema that is being compiled, as the keywords of a group see it. Each reading reports what
/// is malformed and then returns nothing.
class keyword_source {
 public:
  keyword_source(compiler& owner, const json& schema, subschema_index index, location_index at,
                 const std::string& base)
      : owner_(owner), schema_(schema), index_(index), at_(at), base_(base) {}

  /// The value of a keyword; null if it is absent.
  [[nodiscard]] const json* find(std::string_view name) const;
  [[nodiscard]] const json* number(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint64_t> count(std::string_view name) const;
  [[nodiscard]] const json* array(std::string_view name) const;
  [[nodiscard]] const json* object(std::string_view name) const;
  [[nodiscard]] const std::string* text(std::string_view name) const;
  /// A list of strings: `value`, which stands at `path`.
  [[nodiscard]] std::vector<std::string> names(const std::string& path, const json& value) const;

  /// The subschema `value`, which stands at `path`.
  [[nodiscard]] subschema_index child(const std::string& path, const json& value) const;
  /// The subschema that is the value of a keyword.
  [[nodiscard]] std::optional<subschema_index> child(std::string_view name) const;
  /// The subschemas in the array that is the value of a keyword.
  [[nodiscard]] std::vector<subschema_index> children(std::string_view name) const;
  [[nodiscard]] std::optional<pattern> compile_pattern(const std::string& path,
                                                       const std::string& text) const;

  /// Adds a keyword that stands at `path`.
  template <class Keyword, class... Arguments>
  Keyword& add(std::string path, Arguments&&... arguments) const {
    auto made =
        std::make_unique<Keyword>(at_, std::move(path), std::forward<Arguments>(arguments)...);
    Keyword& added = *made;
    push(std::move(made));
    return added;
  }

  /// Reports a malformed keyword. In a stored flow, the keyword then matches nothing.
  void fail(const std::string& path, std::string message) const;
  void warn(const std::string& path, std::string code, std::string message) const;

  [[nodiscard]] const json& schema() const noexcept { return schema_; }
  [[nodiscard]] location_index at() const noexcept { return at_; }
  [[nodiscard]] const std::string& base() const noexcept { return base_; }
  [[nodiscard]] compiler& owner() const noexcept { return owner_; }

 private:
  void push(std::unique_ptr<const keyword> made) const;

  compiler& owner_;
  const json& schema_;
  subschema_index index_;
  location_index at_;
  const std::string& base_;  ///< URI against which references are resolved
};

/// The path of a keyword, and of a member or item of its value.
[[nodiscard]] std::string path_of(std::string_view name);
[[nodiscard]] std::string path_of(std::string_view name, std::string_view member);
[[nodiscard]] std::string path_of(std::string_view name, std::size_t index);

}  // namespace pawl::flow::schema
