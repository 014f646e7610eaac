#include "flow/definition/input_defaults.hpp"

#include <utility>

namespace pawl::flow {

input_defaults::input_defaults(const json& schema) : properties_(read(schema)) {}

std::vector<input_defaults::property> input_defaults::read(const json& schema) {
  std::vector<property> found;
  if (!schema.is_object()) return found;
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return found;
  for (const auto& [name, of] : properties->items()) {
    if (!of.is_object()) continue;
    property made{name, std::nullopt, read(of)};
    if (const auto value = of.find("default"); value != of.end()) made.value = *value;
    if (made.value || !made.inner.empty()) found.push_back(std::move(made));
  }
  return found;
}

void input_defaults::fill(json& value) const {
  fill(value, properties_);
}

void input_defaults::fill(json& value, const std::vector<property>& properties) {
  if (!value.is_object()) return;
  for (const auto& p : properties) {
    auto found = value.find(p.name);
    if (found == value.end() && p.value) found = value.emplace(p.name, *p.value).first;
    if (found != value.end()) fill(*found, p.inner);
  }
}

}  // namespace pawl::flow
