#include "flow/schema/keyword_source.hpp"

#include "flow/schema/compiler.hpp"
#include "flow/schema/decimal.hpp"
#include "flow/schema/validation.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow::schema {

std::string path_of(std::string_view name) {
  return child_pointer("", name);
}
std::string path_of(std::string_view name, std::string_view member) {
  return child_pointer(path_of(name), member);
}
std::string path_of(std::string_view name, std::size_t index) {
  return path_of(name) + "/" + std::to_string(index);
}

const json* keyword_source::find(std::string_view name) const {
  const auto found = schema_.find(name);
  return found == schema_.end() ? nullptr : &*found;
}

const json* keyword_source::number(std::string_view name) const {
  const json* const value = find(name);
  if (value == nullptr || value->is_number()) return value;
  std::string why = "must be a number, not " + shown(*value);
  if (value->is_boolean()) why += "; a boolean is the form of draft 4";
  fail(path_of(name), std::move(why));
  return nullptr;
}

std::optional<std::uint64_t> keyword_source::count(std::string_view name) const {
  const json* const value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number() || !is_whole(*value) || compare_numbers(*value, 0) < 0) {
    fail(path_of(name), "must be a whole number, at least 0, not " + shown(*value));
    return std::nullopt;
  }
  // No value has more than 2^63 characters, items or members.
  if (compare_numbers(*value, 0x1p63) >= 0) return std::uint64_t{1} << 63;
  return value->get<std::uint64_t>();
}

const json* keyword_source::array(std::string_view name) const {
  const json* const value = find(name);
  if (value == nullptr || value->is_array()) return value;
  fail(path_of(name), "must be an array, not " + shown(*value));
  return nullptr;
}

const json* keyword_source::object(std::string_view name) const {
  const json* const value = find(name);
  if (value == nullptr || value->is_object()) return value;
  fail(path_of(name), "must be an object, not " + shown(*value));
  return nullptr;
}

const std::string* keyword_source::text(std::string_view name) const {
  const json* const value = find(name);
  if (value == nullptr) return nullptr;
  if (value->is_string()) return &value->get_ref<const std::string&>();
  fail(path_of(name), "must be a string, not " + shown(*value));
  return nullptr;
}

std::vector<std::string> keyword_source::names(const std::string& path, const json& value) const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i].is_string())
      all.push_back(value[i].get<std::string>());
    else
      fail(path + "/" + std::to_string(i), "must be a string, not " + shown(value[i]));
  }
  return all;
}

subschema_index keyword_source::child(const std::string& path, const json& value) const {
  return owner_.subschema_at(value, at_, path, base_);
}

std::optional<subschema_index> keyword_source::child(std::string_view name) const {
  const json* const value = find(name);
  if (value == nullptr) return std::nullopt;
  return child(path_of(name), *value);
}

std::vector<subschema_index> keyword_source::children(std::string_view name) const {
  std::vector<subschema_index> all;
  const json* const list = array(name);
  if (list == nullptr) return all;
  for (std::size_t i = 0; i < list->size(); ++i) all.push_back(child(path_of(name, i), (*list)[i]));
  if (all.empty() && name != "items") fail(path_of(name), "needs at least one schema");
  return all;
}

std::optional<pattern> keyword_source::compile_pattern(const std::string& path,
                                                       const std::string& text) const {
  auto compiled = pattern::compile(text, owner_.patterns());
  if (compiled) return *std::move(compiled);
  fail(path, "the pattern " + shown(text) + " " + compiled.error().message);
  return std::nullopt;
}

void keyword_source::fail(const std::string& path, std::string message) const {
  owner_.fail(index_, path, std::move(message));
}

void keyword_source::warn(const std::string& path, std::string code, std::string message) const {
  owner_.warn(at_, path, std::move(code), std::move(message));
}

void keyword_source::push(std::unique_ptr<const keyword> made) const {
  owner_.add_keyword(index_, std::move(made));
}

}  // namespace pawl::flow::schema
