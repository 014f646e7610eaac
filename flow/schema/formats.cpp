#include "flow/schema/formats.hpp"

#include <array>

#include "flow/schema/format_text.hpp"
#include "flow/schema/keywords/keywords.hpp"
#include "flow/schema/pattern_syntax.hpp"
#include "flow/schema/validation.hpp"

namespace pawl::flow::schema {
namespace {

constexpr std::array<format, 12> formats = {{
    {"date", "a date (2026-12-31)", is_date},
    {"time", "a time with its offset (23:59:59Z)", is_time},
    {"date-time", "a date and time with its offset (2026-12-31T23:59:59Z)", is_date_time},
    {"email", "an e-mail address", is_email},
    {"hostname", "a host name", is_hostname},
    {"ipv4", "an IPv4 address", is_ipv4},
    {"ipv6", "an IPv6 address", is_ipv6},
    {"uri", "a URI with a scheme", is_uri},
    {"uri-reference", "a URI reference", is_uri_reference},
    {"json-pointer", "a JSON pointer", is_json_pointer},
    {"relative-json-pointer", "a relative JSON pointer", is_relative_json_pointer},
    {"regex", "a pattern", is_pattern, 8},
}};

class format_keyword final : public keyword {
 public:
  format_keyword(location_index at, std::string path, const format& what)
      : keyword(at, std::move(path)), format_(what) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_string()) return true;
    const auto& text = value.get_ref<const std::string&>();
    if (!run.work().take(text.size() * format_.steps_per_byte)) return false;
    if (format_.holds(text)) return true;
    return run.mismatch(*this, at, [&] {
      return "must be " + std::string{format_.with_article} + ", not " + shown(value);
    });
  }

 private:
  const format& format_;
};

}  // namespace

std::span<const format> checked_formats() noexcept {
  return formats;
}

void add_format_keywords(const keyword_source& source) {
  const std::string* const name = source.text("format");
  if (name == nullptr) return;
  for (const auto& each : formats)
    if (each.name == *name) source.add<format_keyword>("/format", each);
}

}  // namespace pawl::flow::schema
