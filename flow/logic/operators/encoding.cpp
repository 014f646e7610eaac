// json_text, json_parse, base64, base64_decode, url_encode, sha256, hmac_sha256.

#include <array>
#include <string>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>
#include <pawl/detail/utf8.hpp>

#include "flow/logic/json_writer.hpp"
#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"
#include "flow/values/parse_json.hpp"

namespace pawl::flow::logic::op {
namespace {

constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Applies `change` to argument 0, which must be a text; null stays null. Charges for reading the
// text byte by byte.
template <class Change>
value encoded(evaluation& run, const expression& call, const value& data, Change change) {
  const value given = run.arg(call, 0, data);
  if (given.is_absent()) return value::null();
  if (!given.is_text()) return wrong_type(run, call, "a text", given);
  if (!run.step(1 + given.size() / 8)) return {};
  return change(given.as_text());
}

// The text of base64 (RFC 4648), with or without padding, also of its form for URLs. None for
// others.
std::optional<std::string> decoded(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string made;
  std::uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
    const auto digit = base64_digits.find(c);
    if (digit == base64_digits.npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    made += static_cast<char>(static_cast<unsigned char>(bits >> count));
    bits &= (1u << count) - 1;
  }
  return made;
}

// A hash costs much more than reading a text: about ten steps for 64 bytes, and some to begin.
bool pay_for_hash(evaluation& run, std::size_t bytes) {
  return run.step(40 + bytes / 6);
}

// RFC 2104.
std::string hmac(std::string_view key, std::string_view text) {
  std::string block = key.size() > 64 ? detail::sha256_bytes(key) : std::string(key);
  block.resize(64, '\0');
  std::string inner = block;
  std::string outer = block;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  return detail::sha256_bytes(outer + detail::sha256_bytes(inner.append(text)));
}

}  // namespace

value json_text(evaluation& run, const expression& call, const value& data) {
  const value given = run.arg(call, 0, data);
  const std::string_view text = json_text_of(run, given);
  return run.failed() ? value{} : value::text(text);
}

value json_parse(evaluation& run, const expression& call, const value& data) {
  constexpr std::size_t max_bytes = 4u << 20;
  constexpr std::uint32_t max_levels = 128;
  return encoded(run, call, data, [&](std::string_view text) -> value {
    // A parsed value takes up to 20 times the memory of its text.
    if (!run.step(text.size() / 2) || !run.take(20 * text.size())) return {};
    auto made = parse_json(text, "the text", max_bytes, max_levels);
    if (!made)
      return refuse(run, call, "invalid_json",
                    "got a text that is not JSON: " + made.error().message);
    return value::of(run.keep_stored(*std::move(made)));
  });
}

value base64(evaluation& run, const expression& call, const value& data) {
  return encoded(run, call, data, [&](std::string_view text) {
    if (!run.take(text.size() / 3 * 4 + 4)) return value{};
    std::string made;
    for (std::size_t i = 0; i < text.size(); i += 3) {
      const std::string_view part = text.substr(i, 3);
      std::uint32_t bits = 0;
      for (std::size_t k = 0; k < 3; ++k)
        bits = (bits << 8) | (k < part.size() ? static_cast<unsigned char>(part[k]) : 0u);
      for (std::size_t k = 0; k < 4; ++k)
        made += k <= part.size() ? base64_digits[(bits >> (18 - 6 * k)) & 63] : '=';
    }
    return value::text(run.keep(made));
  });
}

value base64_decode(evaluation& run, const expression& call, const value& data) {
  return encoded(run, call, data, [&](std::string_view text) {
    const auto made = run.step(text.size() / 2) ? decoded(text) : std::nullopt;
    if (!made) return refuse(run, call, "invalid_base64", "got a text that is not base64");
    if (detail::valid_utf8_prefix(*made) != made->size())
      return refuse(run, call, "invalid_base64", "got bytes that are not a text in UTF-8");
    return made_text(run, *made);
  });
}

// Everything but the unreserved characters of RFC 3986.
value url_encode(evaluation& run, const expression& call, const value& data) {
  return encoded(run, call, data, [&](std::string_view text) {
    if (!run.take(3 * text.size())) return value{};
    std::string made;
    for (const char c : text) {
      const bool is_unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                 (c >= '0' && c <= '9') ||
                                 std::string_view{"-._~"}.find(c) != std::string_view::npos;
      if (is_unreserved) {
        made += c;
      } else {
        made += '%';
        detail::append_hex_byte(made, static_cast<unsigned char>(c), detail::upper_hex_digits);
      }
    }
    return value::text(run.keep(made));
  });
}

value sha256(evaluation& run, const expression& call, const value& data) {
  return encoded(run, call, data, [&](std::string_view text) {
    if (!pay_for_hash(run, text.size())) return value{};
    return made_text(run, detail::to_hex(detail::sha256_bytes(text)));
  });
}

value hmac_sha256(evaluation& run, const expression& call, const value& data) {
  return encoded(run, call, data, [&](std::string_view text) {
    const auto key = text_argument(run, call, 1, data);
    if (!key || !pay_for_hash(run, text.size() + key->size() + 256)) return value{};
    if (!run.take(text.size() + 128)) return value{};
    return made_text(run, detail::to_hex(hmac(*key, text)));
  });
}

}  // namespace pawl::flow::logic::op
