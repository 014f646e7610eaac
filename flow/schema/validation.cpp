#include "flow/schema/validation.hpp"

#include <algorithm>
#include <utility>

#include <pawl/detail/utf8.hpp>

#include "flow/values/pointer.hpp"

namespace pawl::flow::schema {
namespace {

constexpr std::size_t max_pointer_bytes = 1'000;
constexpr std::size_t max_shown_bytes = 60;

}  // namespace

bool validation::check(subschema_index index, const json& value, const place& at) {
  const subschema& schema = schema_.subschemas[index];
  if (!work_.take(1 + schema.keywords.size()) || !work_.enter()) return false;
  bool valid = true;
  for (const auto& each : schema.keywords) {
    if (each->check(*this, value, at)) continue;
    valid = false;
    if (!is_reporting()) break;
  }
  work_.leave();
  return valid && !work_.stopped();
}

bool validation::matches(subschema_index schema, const json& value) {
  ++quiet_;
  const bool valid = check(schema, value, place{});
  --quiet_;
  return valid;
}

void validation::report(const keyword& from, const place& at, std::string text) {
  text += " (" + detail::to_valid_utf8(from.pointer(schema_), max_pointer_bytes) + ")";
  reports_.push_back({severity::error, pointer_of(at), "schema", std::move(text)});
}

std::string pointer_of(const place& at) {
  std::vector<const place*> chain;
  for (const place* each = &at; each->parent != nullptr; each = each->parent) chain.push_back(each);
  std::string pointer;
  for (auto each = chain.rbegin(); each != chain.rend(); ++each) {
    if (pointer.size() > max_pointer_bytes) break;
    pointer =
        child_pointer(std::move(pointer), (*each)->key != nullptr ? std::string_view{*(*each)->key}
                                                                  : std::to_string((*each)->index));
  }
  return detail::to_valid_utf8(pointer, max_pointer_bytes);
}

std::string shown(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (!value.is_string()) return value.dump();
  const std::string text =
      detail::to_valid_utf8(value.get_ref<const std::string&>(), max_shown_bytes);
  return json(text).dump();
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string{noun} + (count == 1 ? "" : "s");
}

}  // namespace pawl::flow::schema
