#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/function.hpp>
#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/run.hpp>

namespace pawl::server {

/// Reads and validates the fields of a JSON object that a client sent. An invalid field adds a
/// diagnostic with its JSON pointer and reads as its default, so that one pass finds all errors.
/// `finish` reports unknown fields. Not safe for concurrent use.
class object_reader {
 public:
  /// `object` and `diagnostics` must outlive the reader. `pointer`: location of the object in the
  /// body.
  object_reader(json& object, std::string pointer, std::vector<diagnostic>& diagnostics);

  /// A required string.
  [[nodiscard]] std::string text(std::string_view name);
  [[nodiscard]] std::optional<std::string> optional_text(std::string_view name);
  [[nodiscard]] bool flag(std::string_view name, bool otherwise);
  [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t otherwise,
                                     std::uint64_t least, std::uint64_t most);
  /// A number from 0 to 1.
  [[nodiscard]] std::optional<double> optional_fraction(std::string_view name);
  [[nodiscard]] std::optional<json> optional_object(std::string_view name);
  /// Any value, including null.
  [[nodiscard]] std::optional<json> optional_value(std::string_view name);
  /// A required array of 1 to `most` items, which stays in the object; null if it is invalid.
  [[nodiscard]] json* items(std::string_view name, std::size_t most);
  /// A required array of 1 to `most` strings.
  [[nodiscard]] std::vector<std::string> texts(std::string_view name, std::size_t most);
  /// A required array of 1 to `most` objects. Calls `read` with a reader for each item and finishes
  /// the reader.
  void objects(std::string_view name, std::size_t most,
               const std::function<void(object_reader& item)>& read);
  [[nodiscard]] std::optional<run_status> optional_status(std::string_view name);
  /// A required log level: "debug", "info", "warning" or "error".
  [[nodiscard]] log_level level(std::string_view name);

  /// Marks the field as known and returns whether it is present.
  [[nodiscard]] bool has(std::string_view name) { return find(name) != nullptr; }
  /// The name that the client used for a field with an old name. Adds a diagnostic if both names
  /// are present. Unknown-field messages list both.
  [[nodiscard]] std::string_view name_or_alias(std::string_view name, std::string_view old_name);
  [[nodiscard]] const std::string& pointer() const noexcept { return pointer_; }
  /// Adds a diagnostic for a field.
  void refuse(std::string_view name, std::string message);
  /// Reports the fields that were not read. Call after reading all fields.
  void finish();

 private:
  /// Marks the field as known and returns it; null if it is missing.
  json* find(std::string_view name);
  void refuse_type(std::string_view name, const json& given, std::string_view wanted);
  [[nodiscard]] std::string pointer_of(std::string_view name, std::size_t item) const;

  json& object_;
  const std::string pointer_;
  std::vector<diagnostic>& diagnostics_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace pawl::server
