#pragma once

#include <string>
#include <string_view>

#include <pawl/trace_context.hpp>

namespace pawl::detail {

/// What a log line is about. Unknown fields are empty.
struct log_fields {
  std::string_view scope = {};
  std::string_view run = {};
  std::string_view node = {};
  std::string_view request = {};
  const trace_context* trace = nullptr;
};

/// Adds fields to the log lines of the current thread for as long as it lives. Scopes nest: fields
/// that are empty here keep their outer value. The texts must outlive this object.
class log_about {
 public:
  explicit log_about(const log_fields& what) noexcept;
  log_about(const log_about&) = delete;
  log_about& operator=(const log_about&) = delete;
  ~log_about();

  /// The fields of the current thread.
  [[nodiscard]] static const log_fields& now() noexcept;

 private:
  const log_fields before_;
};

/// Escapes a text for a log line: control characters and invalid UTF-8 become \xNN, so that no text
/// can forge a line.
[[nodiscard]] std::string log_text(std::string_view text);
/// Escapes the value of a `name=value` field. Puts it in double quotes unless it is plain; then
/// also quotes and backslashes become \xNN, so that no value can forge a field.
[[nodiscard]] std::string log_value(std::string_view text);

}  // namespace pawl::detail
