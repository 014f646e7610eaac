#pragma once

#include <string>
#include <string_view>

#include <pawl/trace_context.hpp>

namespace pawl::detail {

/// What a line of the log is about, where it is about one thing. What is not known is empty.
struct log_fields {
  std::string_view scope = {};
  std::string_view run = {};
  std::string_view node = {};
  std::string_view request = {};
  const trace_context* trace = nullptr;
};

/// While it lives, lines that its thread writes into the log are about this, besides what they were
/// about around it. What the fields view must live as long.
class log_about {
 public:
  explicit log_about(const log_fields& what) noexcept;
  log_about(const log_about&) = delete;
  log_about& operator=(const log_about&) = delete;
  ~log_about();

  /// What lines of this thread are about now.
  [[nodiscard]] static const log_fields& now() noexcept;

 private:
  const log_fields before_;
};

/// A text as a line of the log may have it, whatever a caller made of it: control characters, and
/// bytes that are no UTF-8, as \xNN. No text can look like another line.
[[nodiscard]] std::string log_text(std::string_view text);
/// As the value of a `name=value`: in double quotes unless it is plain, and then also quotes and
/// backslashes as \xNN. No value can look like another field.
[[nodiscard]] std::string log_value(std::string_view text);

}  // namespace pawl::detail
