// uuid, random. They are computed from the idempotency key of the step, so that a step that is
// repeated has the same.

#include <string>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>

#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

// 32 bytes that depend on the step, on `what`, and on a name or else the number of the call.
std::string chance_bytes(evaluation& run, std::string_view what,
                         std::optional<std::string_view> name) {
  std::string from = run.data().context().seed();
  from.append("/").append(what);
  if (name) {
    from.append("=").append(*name);
  } else {
    from.append("#").append(std::to_string(run.next_chance()));
  }
  return detail::sha256_bytes(from);
}

bool pay(evaluation& run, std::size_t bytes) {
  return run.step(100 + bytes / 6);
}

std::uint64_t first_64(std::string_view bytes) {
  std::uint64_t made = 0;
  for (const char c : bytes.substr(0, 8)) made = (made << 8) | static_cast<unsigned char>(c);
  return made;
}

}  // namespace

// A UUID of version 8 (RFC 9562).
value uuid(evaluation& run, const expression& call, const value& data) {
  std::optional<std::string_view> name;
  if (call.arg_count > 0) {
    name = text_argument(run, call, 0, data);
    if (!name) return {};
  }
  if (!pay(run, name ? name->size() : 0)) return {};
  std::string bytes = chance_bytes(run, "uuid", name).substr(0, 16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0F) | 0x80);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3F) | 0x80);
  std::string text = detail::to_hex(bytes);
  for (const std::size_t place : {8u, 13u, 18u, 23u}) text.insert(place, "-");
  return made_text(run, text);
}

// [] a number from 0 to below 1; [low, high] a whole number of these or between them.
value random(evaluation& run, const expression& call, const value& data) {
  if (!pay(run, 0)) return {};
  if (call.arg_count == 0) {
    const std::uint64_t bits = first_64(chance_bytes(run, "random", std::nullopt));
    return value::of(number::real(static_cast<double>(bits >> 11) * 0x1.0p-53).simplified());
  }
  const auto low = whole_argument(run, call, 0, data);
  const auto high = low ? whole_argument(run, call, 1, data) : std::nullopt;
  if (!high) return {};
  if (*high < *low) return refuse(run, call, "invalid_arguments", "takes a low and a high number");
  const std::uint64_t bits = first_64(chance_bytes(run, "random", std::nullopt));
  const std::uint64_t span = static_cast<std::uint64_t>(*high) - static_cast<std::uint64_t>(*low);
  // The bias of the remainder is below 2^-32 for spans below 2^32.
  const std::uint64_t chosen = span == ~std::uint64_t{0} ? bits : bits % (span + 1);
  return value::of(
      number::integer(static_cast<std::int64_t>(static_cast<std::uint64_t>(*low) + chosen)));
}

}  // namespace pawl::flow::logic::op
