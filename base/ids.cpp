#include <algorithm>
#include <charconv>

#include <pawl/code_ref.hpp>
#include <pawl/ids.hpp>

namespace pawl {
namespace {

bool is_plain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == ':' || c == '-';
}

/// Checks length and characters. `extra` lists allowed characters besides the plain ones.
result<void> check(std::string_view text, std::string_view what, std::string_view extra) {
  const auto refused = [&](const std::string& why) {
    return error{errc::invalid_argument, std::string{what} + why};
  };
  if (text.empty()) return refused(" must not be empty");
  if (text.size() > max_id_bytes) {
    return refused(" has " + std::to_string(text.size()) + " bytes; the maximum is " +
                   std::to_string(max_id_bytes));
  }
  if (is_dot_segment(text))
    return refused(" must not be \".\" or \"..\": a URL cannot contain them as a name");
  const auto allowed = [&](char c) { return is_plain(c) || extra.find(c) != extra.npos; };
  if (std::all_of(text.begin(), text.end(), allowed)) return {};
  return refused(" may only contain letters, digits and ._:-" + std::string{extra});
}

}  // namespace

const scope_name& default_scope() {
  static const scope_name name{"default"};
  return name;
}

result<void> check_name(std::string_view text, std::string_view what) {
  return check(text, "the " + std::string{what}, {});
}

result<run_id> parse_run_id(std::string_view text) {
  if (auto good = check_name(text, "run id"); !good) return std::move(good).error();
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
  if (auto good = check(text, "the flow name", " /()"); !good) return std::move(good).error();
  const auto is_inner = [](char c) { return c == ' ' || c == '/'; };
  if (is_inner(text.front()) || is_inner(text.back())) {
    return error{errc::invalid_argument,
                 "the flow name must not begin or end with a space or a slash"};
  }
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('/'), rest.size());
    if (is_dot_segment(rest.substr(0, end))) {
      return error{errc::invalid_argument,
                   "the flow name must not have a part \".\" or \"..\" between slashes"};
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
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
