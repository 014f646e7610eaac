#include <pawl/run_attributes.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/detail/utf8.hpp>

namespace pawl {
namespace {

struct type_info {
  attribute_type type;
  std::string_view name;
  std::string_view noun;
};

constexpr type_info types[] = {
    {attribute_type::text, "text", "a text"},
    {attribute_type::number, "number", "a number"},
    {attribute_type::boolean, "boolean", "a boolean"},
    {attribute_type::time, "time", "a time"},
};

const type_info& info_of(attribute_type type) noexcept {
  return types[static_cast<std::size_t>(type) - 1];
}

error bad_value(std::string message) {
  return {errc::invalid_argument, std::move(message)};
}

result<void> check_text(const std::string& text) {
  if (text.size() > max_attribute_bytes) {
    return error{errc::limit_exceeded, "the value has " + std::to_string(text.size()) +
                                           " bytes; the maximum is " +
                                           std::to_string(max_attribute_bytes)};
  }
  if (detail::valid_utf8_prefix(text) != text.size()) return bad_value("the value must be UTF-8");
  if (text.find('\0') != std::string::npos) return bad_value("the value has a zero byte");
  return {};
}

std::optional<double> number_in(std::string_view text) {
  if (text.empty() || (text[0] != '-' && (text[0] < '0' || text[0] > '9'))) return std::nullopt;
  double number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

std::optional<time_point> time_in(std::string_view text) {
  constexpr std::size_t date_length = 10;  // 2026-01-31
  std::string full{text};
  if (full.size() == date_length) full += "T00:00:00Z";
  const auto time = parse_rfc3339(full);
  return time ? std::optional{in_milliseconds(*time)} : std::nullopt;
}

/// Of the years 0001 to 9999, which RFC 3339 can express.
bool can_be_shown(time_point time) noexcept {
  constexpr std::int64_t first = -62'135'596'800'000'000, last = 253'402'300'799'999'999;
  return to_unix_us(time) >= first && to_unix_us(time) <= last;
}

/// A number of JSON. -0 is 0: both are equal, and an index has one place for them.
result<attribute_value> number_from(const json& value) {
  constexpr std::int64_t most_exact = std::int64_t{1} << 53;
  const bool is_exact =
      value.is_number_float() ||
      (value.is_number_unsigned()
           ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(most_exact)
           : value.get<std::int64_t>() <= most_exact && value.get<std::int64_t>() >= -most_exact);
  if (!is_exact) {
    return bad_value("the number " + value.dump() +
                     " is too large to be kept exactly; write it as a text");
  }
  const auto number = value.get<double>();
  if (!std::isfinite(number)) return bad_value("the value must be a finite number");
  return attribute_value{number == 0 ? 0.0 : number};
}

result<attribute_value> time_from(const json& value) {
  const auto time = parse_rfc3339(value.get_ref<const std::string&>());
  if (!time) return time.error();
  return attribute_value{in_milliseconds(*time)};
}

error of_attribute(std::string_view name, const error& why) {
  return {why.code, "attribute " + quoted(name) + ": " + why.message};
}

result<void> check_count(std::size_t attributes) {
  if (attributes <= max_attributes) return {};
  return error{errc::limit_exceeded, "a run has at most " + std::to_string(max_attributes) +
                                         " attributes, not " + std::to_string(attributes)};
}

}  // namespace

time_point in_milliseconds(time_point time) noexcept {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}

attribute_type attribute_type_of(const attribute_value& value) noexcept {
  return static_cast<attribute_type>(value.index() + 1);
}

std::string_view to_string(attribute_type type) noexcept {
  return info_of(type).name;
}

std::string_view noun_of(attribute_type type) noexcept {
  return info_of(type).noun;
}

std::optional<attribute_type> parse_attribute_type(std::string_view text) noexcept {
  for (const auto& each : types)
    if (each.name == text) return each.type;
  return std::nullopt;
}

result<void> check_attribute_name(std::string_view name) {
  if (!name.empty() && name.size() <= max_attribute_name_bytes &&
      std::all_of(name.begin(), name.end(), is_attribute_letter))
    return {};
  return bad_value("the name of an attribute has 1 to " + std::to_string(max_attribute_name_bytes) +
                   " letters, digits, \"_\", \"-\" and \".\", unlike " +
                   quoted(name.substr(0, 2 * max_attribute_name_bytes)));
}

result<void> check_attribute(const attribute_value& value) {
  if (const auto* const text = std::get_if<std::string>(&value)) return check_text(*text);
  if (const auto* const number = std::get_if<double>(&value); number && !std::isfinite(*number))
    return bad_value("the value must be a finite number");
  if (const auto* const time = std::get_if<time_point>(&value); time && !can_be_shown(*time))
    return bad_value("the value must be a time of the years 1 to 9999");
  return {};
}

result<void> check_attributes(const attribute_map& attributes) {
  if (auto few = check_count(attributes.size()); !few) return few;
  for (const auto& [name, value] : attributes) {
    if (auto good = check_attribute_name(name); !good) return good;
    if (const auto good = check_attribute(value); !good) return of_attribute(name, good.error());
  }
  return {};
}

json attribute_to_json(const attribute_value& value) {
  struct {
    json operator()(const std::string& text) const { return text; }
    json operator()(double number) const {
      const auto whole = static_cast<std::int64_t>(std::abs(number) < 1e15 ? number : 0.5);
      return static_cast<double>(whole) == number ? json(whole) : json(number);
    }
    json operator()(bool truth) const { return truth; }
    json operator()(time_point time) const { return {{"time", to_rfc3339(time)}}; }
  } const as_json;
  return std::visit(as_json, value);
}

json attributes_to_json(const attribute_map& attributes) {
  json object = json::object();
  for (const auto& [name, value] : attributes) object[name] = attribute_to_json(value);
  return object;
}

result<attribute_value> attribute_from_json(const json& value) {
  if (value.is_number()) return number_from(value);
  if (value.is_boolean()) return attribute_value{value.get<bool>()};
  if (value.is_string()) {
    attribute_value text{value.get<std::string>()};
    if (const auto good = check_attribute(text); !good) return good.error();
    return text;
  }
  if (value.is_object() && value.size() == 1 && value.contains("time") && value["time"].is_string())
    return time_from(value["time"]);
  return bad_value(
      std::string{"the value must be a text, a number, a boolean or a time such as {\"time\": "
                  "\"2026-01-31T09:30:00Z\"}, not "} +
      value.type_name());
}

result<attribute_map> attributes_from_json(const json& object) {
  if (!object.is_object())
    return bad_value(std::string{"attributes are an object, not "} + object.type_name());
  if (const auto few = check_count(object.size()); !few) return few.error();
  attribute_map attributes;
  for (const auto& [name, given] : object.items()) {
    if (const auto good = check_attribute_name(name); !good) return good.error();
    auto value = attribute_from_json(given);
    if (!value) return of_attribute(name, value.error());
    attributes.emplace(name, *std::move(value));
  }
  return attributes;
}

attribute_value plain_attribute(std::string_view text) {
  if (text == "true" || text == "false") return text == "true";
  if (const auto number = number_in(text)) return *number == 0 ? 0.0 : *number;
  if (const auto time = time_in(text)) return *time;
  return std::string{text};
}

result<attribute_value> parse_attribute(std::string_view text) {
  attribute_value value;
  if (text.starts_with('"')) {
    std::string inside;
    std::size_t at = 1;
    for (; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      inside += text[at];
    }
    if (at + 1 != text.size()) return bad_value("a text in quotes must end with a quote");
    value = std::move(inside);
  } else {
    value = plain_attribute(text);
  }
  if (const auto good = check_attribute(value); !good) return good.error();
  return value;
}

std::string attribute_to_text(const attribute_value& value) {
  if (const auto* const time = std::get_if<time_point>(&value)) return to_rfc3339(*time);
  const auto* const text = std::get_if<std::string>(&value);
  if (text == nullptr) return attribute_to_json(value).dump();
  const bool is_plain = !text->empty() && text->find_first_of(" \t\r\n,\"") == std::string::npos &&
                        plain_attribute(*text) == value;
  if (is_plain) return *text;
  std::string escaped = "\"";
  for (const char c : *text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped + '"';
}

}  // namespace pawl
