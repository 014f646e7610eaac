#include "config/render.hpp"

#include <algorithm>
#include <string_view>

#include <pawl/assert.hpp>

#include "config/keys.hpp"
#include "config/url_password.hpp"
#include "config/values.hpp"

namespace pawl::config {
namespace {

constexpr std::size_t comment_column = 44;

// A comment ends at a line break, so a path must not contain one.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

std::string_view word_of(origin::kind from) noexcept {
  switch (from) {
    case origin::kind::defaults:
      return "default";
    case origin::kind::file:
      return "file";
    case origin::kind::environment:
      return "environment";
    case origin::kind::flag:
      return "flag";
    case origin::kind::program:
      return "program";
  }
  return "";
}

}  // namespace

settings without_secrets(settings values) {
  values.storage.url = without_password(values.storage.url);
  return values;
}

std::string to_toml(const effective_settings& effective) {
  PAWL_ASSERT(effective.origins.size() == keys().size(), "each setting has an origin");
  const settings shown = without_secrets(effective.values);
  std::string text;
  std::string_view group;
  for (std::size_t i = 0; i < keys().size(); ++i) {
    const key& k = keys()[i];
    const std::size_t dot = k.name.find('.');
    if (k.name.substr(0, dot) != group) {
      group = k.name.substr(0, dot);
      text.append(text.empty() ? "[" : "\n[").append(group).append("]\n");
    }
    std::string line{k.name.substr(dot + 1)};
    line.append(" = ") += to_toml(k, shown);
    line.resize(std::max(line.size() + 2, comment_column), ' ');
    text.append(line).append("# ").append(one_line(to_string(effective.origins[i]))) += '\n';
  }
  return text;
}

json to_json(const effective_settings& effective) {
  PAWL_ASSERT(effective.origins.size() == keys().size(), "each setting has an origin");
  const settings shown = without_secrets(effective.values);
  json all = json::object();
  for (std::size_t i = 0; i < keys().size(); ++i) {
    const key& k = keys()[i];
    const origin& from = effective.origins[i];
    all[std::string{k.name}] = {
        {"value", to_json(k, shown)}, {"source", word_of(from.from)}, {"place", from.place}};
  }
  return all;
}

}  // namespace pawl::config
