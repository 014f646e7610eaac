#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/json.hpp>

#include "server/api/call.hpp"

namespace pawl::server {

/// Reads the fields of a body as the previous engine did: unknown ones are ignored, null is an
/// absent one, and numbers and truth values may be texts. An invalid field reads as its default and
/// is answered by `reject`. Not safe for concurrent use.
class old_fields {
 public:
  /// Reads the body of the request, which may be empty.
  explicit old_fields(const call_ptr& request);

  [[nodiscard]] std::string text(std::string_view name);
  [[nodiscard]] std::optional<std::string> optional_text(std::string_view name);
  [[nodiscard]] json object(std::string_view name);
  [[nodiscard]] std::optional<json> optional_object(std::string_view name);
  [[nodiscard]] std::uint64_t number(std::string_view name);
  [[nodiscard]] bool flag(std::string_view name, bool otherwise);

  /// Answers 422 if a field or the body was invalid. Returns whether it did.
  [[nodiscard]] bool reject();

 private:
  /// Null if it is missing or null.
  [[nodiscard]] const json* find(std::string_view name) const;
  void refuse_field(std::string_view name, std::string_view message, std::string_view type);

  const call_ptr request_;
  json body_ = json::object();
  json invalid_ = json::array();
};

/// A query parameter that is a whole number up to `most`; larger ones, up to 64 bits, are `most`.
/// None: the request was refused.
[[nodiscard]] std::optional<std::uint64_t> old_number(const call_ptr& request,
                                                      std::string_view name,
                                                      std::uint64_t otherwise, std::uint64_t most);
/// A query parameter that is true ("true", "1", "yes", "on") or not.
[[nodiscard]] bool old_flag(const call_ptr& request, std::string_view name);

/// The number in a segment of the path. None: the request was refused.
[[nodiscard]] std::optional<std::uint64_t> old_number_in_path(const call_ptr& request,
                                                              std::string_view segment);

/// A time as "2025-10-29T01:02:03.456789", in UTC; null: none.
[[nodiscard]] json old_time(const std::optional<time_point>& t);

}  // namespace pawl::server
