#include <pawl/detail/arguments.hpp>

#include <algorithm>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

namespace pawl::detail {
namespace {

/// Describes a value in a message: scalars by value, arrays and objects by type.
std::string shown(const json& value) {
  switch (value.type()) {
    case json::value_t::string:
      return "the text " + pawl::quoted(value.get_ref<const std::string&>());
    case json::value_t::array:
      return "an array";
    case json::value_t::object:
      return "an object";
    default:
      return value.dump();
  }
}

std::string joined(std::span<const std::string> parts) {
  std::string all;
  for (const auto& part : parts) all += (all.empty() ? "" : ", ") + part;
  return all;
}

std::string unknown_argument(const std::string& name, std::span<const std::string> names) {
  const std::vector<std::string_view> known{names.begin(), names.end()};
  auto text = "argument " + pawl::quoted(name) + " is not known";
  if (const auto near = nearest(name, known))
    text += "; did you mean \"" + std::string{*near} + "\"?";
  else
    text += names.empty() ? "; the function takes none" : "; known: " + joined(names);
  return text;
}

/// Finds the argument that makes decoding fail: the one where a value of another type succeeds.
/// None if there is no single such argument.
std::optional<std::string> find_mismatch(const json& args,
                                         const std::function<void(const json&)>& decode) {
  static const json samples[] = {nullptr, true, 1, 1.5, "", json::array(), json::object()};
  const auto fits = [&](const json& changed) {
    try {
      decode(changed);
      return true;
    } catch (const std::exception&) {
      return false;  // this argument is not the cause
    }
  };
  json changed = args;
  for (auto& [name, value] : changed.items()) {
    json original = std::move(value);
    const auto decodes_with = [&, &tried = value](const json& sample) {
      tried = sample;
      return fits(changed);
    };
    if (std::any_of(std::begin(samples), std::end(samples), decodes_with)) return name;
    value = std::move(original);
  }
  return std::nullopt;
}

}  // namespace

error invalid_arguments(std::string message) {
  return fail("invalid_arguments", std::move(message));
}

std::string mismatch(const std::string& path, std::string_view expected, const json& given) {
  return "argument \"" + path + "\" must be " + std::string{expected} + ", not " + shown(given);
}

std::string plain_text(const std::exception& failure) {
  const std::string_view text = failure.what();
  const auto mark = text.find("] ");
  return std::string{
      text.starts_with("[json.exception") && mark != text.npos ? text.substr(mark + 2) : text};
}

error struct_mismatch(const json& args, const std::exception& why,
                      const std::function<void(const json&)>& decode) {
  const auto text = plain_text(why);
  if (const auto name = args.is_object() ? find_mismatch(args, decode) : std::nullopt)
    return invalid_arguments("argument " + pawl::quoted(*name) + " does not match: " + text);
  return invalid_arguments("the arguments do not match what the function takes: " + text);
}

result<void> argument_reader::finish() {
  for (const auto& [name, value] : args_.items())
    if (std::find(names_.begin(), names_.end(), name) == names_.end())
      wrong_.push_back(unknown_argument(name, names_));
  if (wrong_.empty()) return {};
  std::string all;
  for (const auto& one : wrong_) all += (all.empty() ? "" : "; ") + one;
  return invalid_arguments(std::move(all));
}

}  // namespace pawl::detail
