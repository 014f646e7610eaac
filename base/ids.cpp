#include <algorithm>
#include <charconv>

#include <pawl/code_ref.hpp>
#include <pawl/detail/safe_text.hpp>
#include <pawl/detail/utf8.hpp>
#include <pawl/ids.hpp>

namespace pawl {
namespace {

bool is_plain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == ':' || c == '-';
}

error not_a_name(const std::string& what, const std::string& why) {
  return {errc::invalid_argument, what + " " + why};
}

/// What a name of any kind must be. `what` begins the error: "the run id".
result<void> check_length(std::string_view text, const std::string& what, std::size_t most) {
  if (text.empty()) return not_a_name(what, "must not be empty");
  if (text.size() > most) {
    return not_a_name(what, "has " + std::to_string(text.size()) + " bytes; the maximum is " +
                                std::to_string(most));
  }
  if (is_dot_segment(text)) {
    return not_a_name(what, "must not be \".\" or \"..\": a URL cannot contain them as a name");
  }
  return {};
}

bool has_control(std::string_view valid_utf8) {
  while (!valid_utf8.empty()) {
    const auto character = valid_utf8.substr(0, detail::utf8_character(valid_utf8));
    if (detail::is_control(character)) return true;
    valid_utf8.remove_prefix(character.size());
  }
  return false;
}

/// Checks what users may name in any language. `what`: as above.
result<void> check_id(std::string_view text, const std::string& what) {
  if (auto good = check_length(text, what, max_id_bytes); !good) return good;
  if (detail::valid_utf8_prefix(text) != text.size()) return not_a_name(what, "is not valid UTF-8");
  if (has_control(text)) return not_a_name(what, "must not contain control characters");
  return {};
}

}  // namespace

const scope_name& default_scope() {
  static const scope_name name{"default"};
  return name;
}

result<void> check_name(std::string_view text, std::string_view what) {
  const std::string named = "the " + std::string{what};
  if (auto good = check_length(text, named, max_name_bytes); !good) return good;
  if (std::all_of(text.begin(), text.end(), is_plain)) return {};
  return not_a_name(named, "may only contain letters, digits and ._:-");
}

result<run_id> parse_run_id(std::string_view text) {
  if (auto good = check_id(text, "the run id"); !good) return std::move(good).error();
  return run_id{std::string{text}};
}

result<run_id> parse_new_run_id(std::string_view text) {
  if (text.starts_with(key_id_prefix)) {
    return error{errc::invalid_argument,
                 "the run id must not begin with \"key:\": such ids belong to idempotency keys; "
                 "pass the key itself as the key of the start"};
  }
  if (text.starts_with(child_id_prefix)) {
    return error{errc::invalid_argument,
                 "the run id must not begin with \"sub-\": such ids belong to child runs"};
  }
  return parse_run_id(text);
}

result<flow_name> parse_flow_name(std::string_view text) {
  if (auto good = check_id(text, "the flow name"); !good) return std::move(good).error();
  return flow_name{std::string{text}};
}

result<scope_name> parse_scope_name(std::string_view text) {
  if (auto good = check_name(text, "scope name"); !good) return std::move(good).error();
  return scope_name{std::string{text}};
}

result<version> parse_version(std::string_view text) {
  version parsed;
  std::uint32_t* const parts[] = {&parsed.major, &parsed.minor, &parsed.patch};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < 3; ++i) {
    const auto [rest, failure] = std::from_chars(at, end, *parts[i]);
    if (failure != std::errc{}) break;
    if (rest == end) return parsed;
    if (*rest != '.') break;
    at = rest + 1;
  }
  return error{errc::invalid_argument,
               "invalid version: " + quoted(text) + "; use the form 1, 1.2 or 1.2.3"};
}

std::string to_string(const version& v) {
  return std::to_string(v.major) + "." + std::to_string(v.minor) + "." + std::to_string(v.patch);
}

std::string to_string(const flow_version_id& id) {
  return id.name.str() + "@" + to_string(id.version);
}

}  // namespace pawl
