// json_text, json_parse, base64, base64_decode, url_encode, sha256, hmac_sha256.

#include <string>

#include <pawl/detail/base64_decoded.hpp>
#include <pawl/detail/encoding.hpp>
#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>
#include <pawl/detail/utf8.hpp>

#include "flow/logic/json_writer.hpp"
#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"
#include "flow/values/parse_json.hpp"

namespace pawl::flow::logic::op {
namespace {

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

// A hash costs much more than reading a text: about ten steps for 64 bytes, and some to begin.
bool pay_for_hash(evaluation& run, std::size_t bytes) {
  return run.step(40 + bytes / 6);
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
    return value::text(run.keep(detail::base64(text)));
  });
}

value base64_decode(evaluation& run, const expression& call, const value& data) {
  return encoded(run, call, data, [&](std::string_view text) {
    const auto made = run.step(text.size() / 2) ? detail::base64_decoded(text) : std::nullopt;
    if (!made) return refuse(run, call, "invalid_base64", "got a text that is not base64");
    if (detail::valid_utf8_prefix(*made) != made->size())
      return refuse(run, call, "invalid_base64", "got bytes that are not a text in UTF-8");
    return made_text(run, *made);
  });
}

value url_encode(evaluation& run, const expression& call, const value& data) {
  return encoded(run, call, data, [&](std::string_view text) {
    if (!run.take(3 * text.size())) return value{};
    return value::text(run.keep(detail::percent_encoded(text)));
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
    return made_text(run, detail::to_hex(detail::hmac_sha256_bytes(*key, text)));
  });
}

}  // namespace pawl::flow::logic::op
