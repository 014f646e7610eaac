#include "server/old_api/old_fields.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>

#include "server/http/ascii.hpp"
#include "server/old_api/old_errors.hpp"
#include "server/whole_number.hpp"

namespace pawl::server {
namespace {

json invalid_field(std::initializer_list<std::string_view> where, std::string_view message,
                   std::string_view type) {
  return {{"loc", where}, {"msg", message}, {"type", type}};
}

old_error validation_failed(json causes) {
  return {422, "Validation failed", std::move(causes), "ValidationError"};
}

bool means_true(std::string_view text) {
  for (const std::string_view each : {"true", "1", "yes", "on", "t", "y"})
    if (http::ascii_iequals(text, each)) return true;
  return false;
}

constexpr std::string_view no_number = "Input should be a valid integer";

}  // namespace

old_fields::old_fields(const call_ptr& request) : request_(request) {
  const std::string& text = request->request().body;
  if (text.empty()) return;
  auto parsed = request->parse(text, "the body");
  if (const auto* const refused = std::get_if<problem>(&parsed)) {
    invalid_.push_back(invalid_field({"body"}, refused->detail, "json_invalid"));
    return;
  }
  body_ = std::get<json>(std::move(parsed));
  if (body_.is_null()) body_ = json::object();
  if (!body_.is_object()) {
    invalid_.push_back(invalid_field({"body"}, "Input should be a valid dictionary", "dict_type"));
    body_ = json::object();
  }
}

const json* old_fields::find(std::string_view name) const {
  const auto found = body_.find(name);
  return found == body_.end() || found->is_null() ? nullptr : &*found;
}

void old_fields::refuse_field(std::string_view name, std::string_view message,
                              std::string_view type) {
  invalid_.push_back(invalid_field({"body", name}, message, type));
}

std::string old_fields::text(std::string_view name) {
  if (find(name) == nullptr) refuse_field(name, "Field required", "missing");
  return optional_text(name).value_or("");
}

std::optional<std::string> old_fields::optional_text(std::string_view name) {
  const json* const given = find(name);
  if (given == nullptr) return std::nullopt;
  if (given->is_string()) return given->get<std::string>();
  refuse_field(name, "Input should be a valid string", "string_type");
  return std::nullopt;
}

json old_fields::object(std::string_view name) {
  if (find(name) == nullptr) refuse_field(name, "Field required", "missing");
  return optional_object(name).value_or(json::object());
}

std::optional<json> old_fields::optional_object(std::string_view name) {
  const json* const given = find(name);
  if (given == nullptr) return std::nullopt;
  if (given->is_object()) return *given;
  refuse_field(name, "Input should be a valid dictionary", "dict_type");
  return std::nullopt;
}

std::uint64_t old_fields::number(std::string_view name) {
  const json* const given = find(name);
  if (given == nullptr) {
    refuse_field(name, "Field required", "missing");
    return 0;
  }
  if (given->is_number_unsigned()) return given->get<std::uint64_t>();
  const auto value =
      given->is_string() ? whole_number(given->get_ref<const std::string&>()) : std::nullopt;
  if (!value) refuse_field(name, no_number, "int_parsing");
  return value.value_or(0);
}

bool old_fields::flag(std::string_view name, bool otherwise) {
  const json* const given = find(name);
  if (given == nullptr) return otherwise;
  if (given->is_boolean()) return given->get<bool>();
  if (given->is_number_integer()) return *given != 0;
  if (given->is_string()) return means_true(given->get_ref<const std::string&>());
  refuse_field(name, "Input should be a valid boolean", "bool_type");
  return otherwise;
}

bool old_fields::reject() {
  if (invalid_.empty()) return false;
  refuse(request_, validation_failed(std::move(invalid_)));
  return true;
}

std::optional<std::uint64_t> old_number(const call_ptr& request, std::string_view name,
                                        std::uint64_t otherwise, std::uint64_t most) {
  if (!request->query().has(name)) return otherwise;
  if (const auto value = whole_number(request->query().text(name))) return std::min(*value, most);
  refuse(request, validation_failed(
                      json::array({invalid_field({"query", name}, no_number, "int_parsing")})));
  return std::nullopt;
}

bool old_flag(const call_ptr& request, std::string_view name) {
  return means_true(request->query().text(name));
}

std::optional<std::uint64_t> old_number_in_path(const call_ptr& request, std::string_view segment) {
  if (const auto value = whole_number(request->segment(segment))) return value;
  refuse(request, validation_failed(
                      json::array({invalid_field({"path", segment}, no_number, "int_parsing")})));
  return std::nullopt;
}

json old_time(const std::optional<time_point>& t) {
  if (!t) return nullptr;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*t);
  const auto microseconds = std::chrono::floor<std::chrono::microseconds>(*t - seconds).count();
  const std::time_t unix_seconds = seconds.time_since_epoch().count();
  std::tm utc{};
  if (gmtime_r(&unix_seconds, &utc) == nullptr) return nullptr;
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06d", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(microseconds));
  return text;
}

}  // namespace pawl::server
