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

/// Takes the fields out of a JSON object that a client sent. What is wrong is added to the
/// diagnostics with its JSON pointer, and reading goes on, so that all diagnostics are found at
/// once; `finish` finds the fields that nobody asked for. One object, one thread.
class object_reader {
 public:
  /// Both must outlive it. `pointer`: where the object stands in the body.
  object_reader(json& object, std::string pointer, std::vector<diagnostic>& diagnostics);

  /// Texts; a missing one that is needed is a diagnostic.
  [[nodiscard]] std::string text(std::string_view name);
  [[nodiscard]] std::optional<std::string> optional_text(std::string_view name);
  [[nodiscard]] bool flag(std::string_view name, bool otherwise);
  [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t otherwise,
                                     std::uint64_t least, std::uint64_t most);
  /// A number from 0 to 1.
  [[nodiscard]] std::optional<double> optional_fraction(std::string_view name);
  /// An object, or nothing.
  [[nodiscard]] std::optional<json> optional_object(std::string_view name);
  /// Any value; null counts as one.
  [[nodiscard]] std::optional<json> optional_value(std::string_view name);
  /// An array of 1 to `most` items; null after a diagnostic. Stays in the object.
  [[nodiscard]] json* items(std::string_view name, std::size_t most);
  /// Such an array of texts; items that are none are diagnostics.
  [[nodiscard]] std::vector<std::string> texts(std::string_view name, std::size_t most);
  /// Such an array of objects: calls `read` with a reader of each, which is finished then; items
  /// that are none are diagnostics.
  void objects(std::string_view name, std::size_t most,
               const std::function<void(object_reader& item)>& read);
  [[nodiscard]] std::optional<pawl::version> optional_version(std::string_view name);
  [[nodiscard]] std::optional<run_status> optional_status(std::string_view name);
  /// "debug", "info", "warning" or "error"; a missing one is a diagnostic.
  [[nodiscard]] log_level level(std::string_view name);

  [[nodiscard]] bool has(std::string_view name) const { return object_.contains(name); }
  [[nodiscard]] const std::string& pointer() const noexcept { return pointer_; }
  /// A diagnostic of its field.
  void refuse(std::string_view name, std::string message);
  /// To be called when every field was asked for.
  void finish();

 private:
  /// The field, noted as known; null where it is not there.
  json* find(std::string_view name);
  void refuse_type(std::string_view name, const json& given, std::string_view wanted);
  [[nodiscard]] std::string pointer_of(std::string_view name, std::size_t item) const;

  json& object_;
  const std::string pointer_;
  std::vector<diagnostic>& diagnostics_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace pawl::server
