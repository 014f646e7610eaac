#include <algorithm>
#include <charconv>

#include <pawl/ids.hpp>

namespace pawl {
namespace {

bool is_plain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == ':' || c == '-';
}

/// Checks length and characters; `extra` lists what is allowed besides plain characters.
result<std::string> checked(std::string_view text, const char* what, std::string_view extra) {
  if (text.empty())
    return error{errc::invalid_argument, std::string{"a "} + what + " must not be empty"};
  if (text.size() > max_id_bytes) {
    return error{errc::invalid_argument, std::string{"the "} + what + " has " +
                                             std::to_string(text.size()) + " bytes; at most " +
                                             std::to_string(max_id_bytes) + " are allowed"};
  }
  const auto allowed = [&](char c) { return is_plain(c) || extra.find(c) != extra.npos; };
  if (!std::all_of(text.begin(), text.end(), allowed)) {
    return error{errc::invalid_argument, std::string{"the "} + what +
                                             " may have letters, digits and ._:-" +
                                             std::string{extra} + " only"};
  }
  return std::string{text};
}

template <class Id>
result<Id> parse(std::string_view text, const char* what, std::string_view extra = {}) {
  auto good = checked(text, what, extra);
  if (!good) return std::move(good).error();
  return Id{*std::move(good)};
}

}  // namespace

const scope_name& default_scope() {
  static const scope_name name{"default"};
  return name;
}

result<run_id> parse_run_id(std::string_view text) {
  return parse<run_id>(text, "run id");
}

result<flow_name> parse_flow_name(std::string_view text) {
  return parse<flow_name>(text, "flow name", " /()");
}

result<scope_name> parse_scope_name(std::string_view text) {
  return parse<scope_name>(text, "scope name");
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
               "\"" + std::string{text} + "\" is no version; write it as 1, 1.2 or 1.2.3"};
}

std::string to_string(const version& v) {
  return std::to_string(v.major) + "." + std::to_string(v.minor) + "." + std::to_string(v.patch);
}

std::string to_string(const flow_version_id& id) {
  return id.name.str() + "@" + to_string(id.version);
}

}  // namespace pawl
