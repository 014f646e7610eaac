#include "cli/old_engine/old_values.hpp"

#include <cmath>
#include <cstdint>
#include <utility>

#include "flow/values/value_check.hpp"

namespace pawl::cli {
namespace {

/// Replaces the numbers that only Python has, outside of strings.
std::string without_python_numbers(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  bool in_string = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    if (in_string && rest.front() == '\\') {
      clean.append(rest.substr(0, 2));
      i += 2;
      continue;
    }
    if (rest.front() == '"') in_string = !in_string;
    std::size_t length = 0;
    for (const std::string_view word : {"NaN", "Infinity", "-Infinity"})
      if (!in_string && rest.starts_with(word)) length = word.size();
    if (length == 0) {
      clean += rest.front();
      ++i;
    } else {
      clean += "null";
      i += length;
    }
  }
  return clean;
}

void make_storable(json& value, std::uint32_t depth) {
  if (value.is_binary() || value.is_discarded() || depth > flow::max_value_depth) {
    value = nullptr;
  } else if (value.is_number_float()) {
    if (!std::isfinite(value.get<double>())) value = nullptr;
  } else if (value.is_string()) {
    value = valid_text(value.get_ref<const std::string&>());
  } else if (value.is_array()) {
    for (auto& item : value) make_storable(item, depth + 1);
  } else if (value.is_object()) {
    json clean = json::object();
    for (auto& [key, item] : value.items()) {
      make_storable(item, depth + 1);
      clean[valid_text(key)] = std::move(item);
    }
    value = std::move(clean);
  }
}

}  // namespace

result<json> parse_python_json(std::string_view text) {
  json parsed = json::parse(without_python_numbers(text), nullptr, false);
  if (parsed.is_discarded()) return error{errc::invalid_argument, "it is not JSON"};
  return storable(std::move(parsed));
}

result<json> decode_msgpack(std::string_view bytes) {
  json decoded = json::from_msgpack(bytes.begin(), bytes.end(), true, false);
  if (decoded.is_discarded()) return error{errc::invalid_argument, "it is not msgpack"};
  return storable(std::move(decoded));
}

json storable(json value) {
  make_storable(value, 0);
  return value;
}

std::string valid_text(std::string_view text) {
  // The only JSON library of Pawl replaces invalid bytes while it writes.
  const std::string written = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  return json::parse(written).get<std::string>();
}

std::optional<time_point> parse_old_time(std::string_view text) {
  constexpr std::size_t date_size = 10;
  if (text.size() <= date_size || (text[date_size] != ' ' && text[date_size] != 'T'))
    return std::nullopt;
  std::string rfc{text};
  rfc[date_size] = 'T';
  const bool has_zone = rfc.back() == 'Z' || rfc.find('+', date_size) != rfc.npos;
  const auto parsed = parse_rfc3339(has_zone ? rfc : rfc + "Z");
  return parsed ? std::optional{*parsed} : std::nullopt;
}

}  // namespace pawl::cli
