#include "flow/logic/secret_place.hpp"

#include <algorithm>

#include "flow/logic/text_template.hpp"

namespace pawl::flow::logic {
namespace {

/// The name that a call of `secret` in a text is for; null if a part is no such call.
const std::string* name_in_call(const json& part) {
  if (!part.is_object() || !part.contains(secret_word)) return nullptr;
  const json& args = part.begin().value();
  if (args.size() != 1 || !args.front().is_object()) return nullptr;
  const auto path = args.front().find("var");
  return path == args.front().end() ? nullptr : path->get_ptr<const std::string*>();
}

std::optional<secret_place> read_text(std::string_view text) {
  const text_template split = split_text(text);
  if (!split.problem.empty()) return std::nullopt;
  secret_place read;
  for (const json& part : split.parts) {
    if (const auto* const literal = part.get_ptr<const std::string*>()) {
      (read.name.empty() ? read.before : read.after) += *literal;
      continue;
    }
    const std::string* const name = name_in_call(part);
    if (name == nullptr || !read.name.empty() || !is_secret_name(*name)) return std::nullopt;
    read.name = *name;
  }
  return read;
}

}  // namespace

bool is_secret_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= max_secret_name_bytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

bool is_secret(const json& source) {
  if (source.is_object()) return source.size() == 1 && source.begin().key() == secret_word;
  if (!is_text_template(source)) return false;
  const text_template split = split_text(source.get_ref<const std::string&>());
  return std::any_of(split.parts.begin(), split.parts.end(), [](const json& part) {
    return part.is_object() && part.contains(secret_word);
  });
}

std::optional<secret_place> read_secret(const json& source) {
  if (source.is_string()) return read_text(source.get_ref<const std::string&>());
  const auto* const name = source.begin()->get_ptr<const std::string*>();
  if (name == nullptr || !is_secret_name(*name)) return std::nullopt;
  return secret_place{{}, {}, *name, {}};
}

}  // namespace pawl::flow::logic
