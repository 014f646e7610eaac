#include "server/api/object_reader.hpp"

#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "flow/values/pointer.hpp"
#include "server/api/parameters.hpp"

namespace pawl::server {

object_reader::object_reader(json& object, std::string pointer,
                             std::vector<diagnostic>& diagnostics)
    : object_(object), pointer_(std::move(pointer)), diagnostics_(diagnostics) {}

json* object_reader::find(std::string_view name) {
  known_.emplace(name);
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

void object_reader::refuse(std::string_view name, std::string message) {
  diagnostics_.push_back({severity::error, flow::child_pointer(pointer_, std::string{name}),
                          "invalid_field", std::move(message)});
}

void object_reader::refuse_type(std::string_view name, const json& given, std::string_view wanted) {
  refuse(name, "the field " + std::string{name} + " must be " + std::string{wanted} + ", not " +
                   given.type_name());
}

std::string object_reader::text(std::string_view name) {
  auto given = optional_text(name);
  if (given) return *std::move(given);
  if (!has(name)) {
    diagnostics_.push_back({severity::error, flow::child_pointer(pointer_, std::string{name}),
                            "missing_field",
                            "the required field " + std::string{name} + " (a string) is missing"});
  }
  return {};
}

std::optional<std::string> object_reader::optional_text(std::string_view name) {
  json* const given = find(name);
  if (given == nullptr) return std::nullopt;
  if (given->is_string()) return std::move(given->get_ref<std::string&>());
  refuse_type(name, *given, "a string");
  return std::nullopt;
}

bool object_reader::flag(std::string_view name, bool otherwise) {
  const json* const given = find(name);
  if (given == nullptr) return otherwise;
  if (given->is_boolean()) return given->get<bool>();
  refuse_type(name, *given, "true or false");
  return otherwise;
}

std::uint64_t object_reader::number(std::string_view name, std::uint64_t otherwise,
                                    std::uint64_t least, std::uint64_t most) {
  const json* const given = find(name);
  if (given == nullptr) return otherwise;
  if (given->is_number_integer() && *given >= 0) {
    const auto value = given->get<std::uint64_t>();
    if (value >= least && value <= most) return value;
  }
  refuse(name, "the field " + std::string{name} + " must be an integer from " +
                   std::to_string(least) + " to " + std::to_string(most));
  return otherwise;
}

std::optional<double> object_reader::optional_fraction(std::string_view name) {
  const json* const given = find(name);
  if (given == nullptr) return std::nullopt;
  if (given->is_number() && given->get<double>() >= 0 && given->get<double>() <= 1)
    return given->get<double>();
  refuse(name, "the field " + std::string{name} + " must be a number from 0 to 1");
  return std::nullopt;
}

std::optional<json> object_reader::optional_object(std::string_view name) {
  json* const given = find(name);
  if (given == nullptr) return std::nullopt;
  if (given->is_object()) return std::move(*given);
  refuse_type(name, *given, "an object");
  return std::nullopt;
}

std::optional<json> object_reader::optional_value(std::string_view name) {
  json* const given = find(name);
  if (given == nullptr) return std::nullopt;
  return std::move(*given);
}

json* object_reader::items(std::string_view name, std::size_t most) {
  json* const given = find(name);
  if (given != nullptr && given->is_array() && !given->empty() && given->size() <= most)
    return given;
  refuse(name, "the field " + std::string{name} + " must be an array of 1 to " +
                   std::to_string(most) + " items");
  return nullptr;
}

std::string object_reader::pointer_of(std::string_view name, std::size_t item) const {
  return flow::child_pointer(pointer_, std::string{name}) + "/" + std::to_string(item);
}

std::vector<std::string> object_reader::texts(std::string_view name, std::size_t most) {
  std::vector<std::string> all;
  json* const given = items(name, most);
  for (std::size_t i = 0; given != nullptr && i < given->size(); ++i) {
    json& item = (*given)[i];
    if (item.is_string()) {
      all.push_back(std::move(item.get_ref<std::string&>()));
    } else {
      diagnostics_.push_back(
          {severity::error, pointer_of(name, i), "invalid_field", "must be a string"});
    }
  }
  return all;
}

void object_reader::objects(std::string_view name, std::size_t most,
                            const std::function<void(object_reader& item)>& read) {
  json* const given = items(name, most);
  for (std::size_t i = 0; given != nullptr && i < given->size(); ++i) {
    std::string pointer = pointer_of(name, i);
    if ((*given)[i].is_object()) {
      object_reader item{(*given)[i], std::move(pointer), diagnostics_};
      read(item);
      item.finish();
    } else {
      diagnostics_.push_back(
          {severity::error, std::move(pointer), "invalid_field", "must be an object"});
    }
  }
}

std::optional<run_status> object_reader::optional_status(std::string_view name) {
  const auto given = optional_text(name);
  if (!given) return std::nullopt;
  const auto parsed = parse_run_status(*given);
  if (!parsed) {
    refuse(name, "the field " + std::string{name} + " must be one of " + all_statuses() + ", not " +
                     pawl::quoted(*given));
  }
  return parsed;
}

log_level object_reader::level(std::string_view name) {
  const std::size_t count_before = diagnostics_.size();
  const std::string given = text(name);
  for (const auto level : {log_level::debug, log_level::info, log_level::warning, log_level::error})
    if (to_string(level) == given) return level;
  if (diagnostics_.size() == count_before)
    refuse(name, "the field " + std::string{name} + " must be debug, info, warning or error");
  return log_level::info;
}

std::string_view object_reader::name_or_alias(std::string_view name, std::string_view old_name) {
  const bool has_name = find(name) != nullptr, has_old_name = find(old_name) != nullptr;
  if (has_name && has_old_name) {
    refuse(old_name, std::string{old_name} + " is the old name of " + std::string{name} +
                         "; give only one of them");
  }
  return has_old_name && !has_name ? old_name : name;
}

void object_reader::finish() {
  for (const auto& field : object_.items()) {
    if (known_.contains(field.key())) continue;
    const std::vector<std::string_view> names(known_.begin(), known_.end());
    std::string message = "unknown field " + pawl::quoted(field.key());
    if (const auto meant = nearest(field.key(), names)) {
      message += "; did you mean " + pawl::quoted(*meant) + "?";
    } else if (!names.empty()) {
      message += ". Allowed: ";
      for (std::size_t i = 0; i < names.size(); ++i)
        message += (i == 0 ? "" : ", ") + std::string{names[i]};
    }
    diagnostics_.push_back({severity::error, flow::child_pointer(pointer_, field.key()),
                            "unknown_field", std::move(message)});
  }
}

}  // namespace pawl::server
