#include <pawl/code_ref.hpp>

#include <algorithm>

#include <pawl/detail/hex.hpp>

namespace pawl {
namespace {

constexpr std::size_t max_quoted_bytes = 80;

bool is_allowed(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

error broken(std::string_view code_ref, const char* rule, std::string what) {
  return {errc::invalid_argument, "the code_ref " + quoted(code_ref) + " " + std::move(what),
          std::string{"code_ref."} + rule};
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, max_quoted_bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      detail::append_hex_byte(out, byte);
    }
  }
  if (text.size() > max_quoted_bytes) out += "…";
  return out + "\"";
}

result<void> check_code_ref(std::string_view code_ref) {
  if (code_ref.empty())
    return error{errc::invalid_argument, "a code_ref must not be empty", "code_ref.empty"};
  if (code_ref.size() > max_code_ref_bytes) {
    return broken(code_ref, "too_long",
                  "has " + std::to_string(code_ref.size()) + " bytes; the maximum is " +
                      std::to_string(max_code_ref_bytes));
  }
  if (code_ref.front() == '/')
    return broken(code_ref, "absolute", "must not begin with \"/\": it is a name, not a path");
  if (code_ref.find(':') != code_ref.npos)
    return broken(code_ref, "colon", "must not contain \":\"; separate its segments with dots");
  if (code_ref.find("..") != code_ref.npos)
    return broken(code_ref, "dots", "must not contain two consecutive dots");
  const auto odd = std::find_if_not(code_ref.begin(), code_ref.end(), is_allowed);
  if (odd != code_ref.end()) {
    return broken(code_ref, "character",
                  "contains an invalid character at byte " +
                      std::to_string(odd - code_ref.begin()) +
                      "; use letters, digits, \".\", \"_\" and \"-\"");
  }
  const auto segments =
      1 + static_cast<std::size_t>(std::count(code_ref.begin(), code_ref.end(), '.'));
  if (segments > max_code_ref_segments) {
    return broken(code_ref, "segments",
                  "has " + std::to_string(segments) + " segments; the maximum is " +
                      std::to_string(max_code_ref_segments));
  }
  return {};
}

result<void> check_code_ref(std::string_view code_ref,
                            std::span<const std::string> allowed_prefixes) {
  if (auto good = check_code_ref(code_ref); !good) return good;
  const auto matches = [&](const std::string& prefix) {
    return !prefix.empty() && code_ref.starts_with(prefix);
  };
  if (std::any_of(allowed_prefixes.begin(), allowed_prefixes.end(), matches)) return {};
  std::string allowed;
  for (const auto& prefix : allowed_prefixes) allowed += (allowed.empty() ? "" : ", ") + prefix;
  return broken(code_ref, "prefix",
                allowed.empty() ? "is not allowed: no prefix is configured"
                                : "does not begin with an allowed prefix: " + allowed);
}

}  // namespace pawl
