#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

/// Converts a step's `args` to the parameters of a C++ function. Stricter than nlohmann's `get`,
/// which turns true into 1, 42.7 into 42, and a number out of range into a wrong one.
namespace pawl::detail {

template <class T>
struct optional_value {
  static constexpr bool is = false;
};
template <class T>
struct optional_value<std::optional<T>> {
  static constexpr bool is = true;
  using type = T;
};

template <class T>
struct vector_value {
  static constexpr bool is = false;
};
template <class T>
struct vector_value<std::vector<T>> {
  static constexpr bool is = true;
  using type = T;
};

template <class T>
concept json_gettable = requires(const json& value) {
  { value.template get<T>() } -> std::same_as<T>;
};

/// Characters are not numbers.
template <class T>
concept character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

/// A type that an argument can have. A std::optional may be missing or null.
template <class T>
concept decodable = std::move_constructible<T> && !character<T> &&
                    (json_gettable<T> || json_gettable<typename optional_value<T>::type>);

/// The error for arguments that do not match: `{function_failed, …, "invalid_arguments"}`.
[[nodiscard]] error invalid_arguments(std::string message);
/// The message for the argument at `path`: "must be a whole number, not the text \"x\"".
[[nodiscard]] std::string mismatch(const std::string& path, std::string_view expected,
                                   const json& given);
/// The text of a nlohmann exception without its "[json.exception…]" prefix.
[[nodiscard]] std::string plain_text(const std::exception& failure);
/// Explains why `decode` cannot make a struct of `args`; `why` is nlohmann's exception. Finds the
/// argument by trying other values for each: slow, for errors only.
[[nodiscard]] error struct_mismatch(const json& args, const std::exception& why,
                                    const std::function<void(const json&)>& decode);

/// Returns the integer in `value`; none if it is not an integer or out of range. 42.0 counts as 42:
/// computed arguments are doubles.
template <std::integral T>
std::optional<T> exact_integer(const json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<json::number_unsigned_t>();
    if (std::in_range<T>(number)) return static_cast<T>(number);
  } else if (value.is_number_integer()) {
    const auto number = value.get<json::number_integer_t>();
    if (std::in_range<T>(number)) return static_cast<T>(number);
  } else if (value.is_number_float()) {
    const auto number = value.get<double>();
    // Both bounds are powers of two and so exact as doubles.
    const double below =
        std::is_signed_v<T> ? static_cast<double>(std::numeric_limits<T>::min()) : 0;
    const double beyond = 2.0 * static_cast<double>(std::numeric_limits<T>::max() / 2 + 1);
    if (number >= below && number < beyond && static_cast<double>(static_cast<T>(number)) == number)
      return static_cast<T>(number);
  }
  return std::nullopt;
}

/// Decodes one value. Returns none and appends a message to `wrong` if it does not match.
template <class T>
std::optional<T> decode(const json& value, const std::string& path,
                        std::vector<std::string>& wrong) {
  const auto refuse = [&](std::string_view expected) -> std::optional<T> {
    wrong.push_back(mismatch(path, expected, value));
    return std::nullopt;
  };
  if constexpr (std::is_same_v<T, bool>) {
    return value.is_boolean() ? std::optional<T>{value.get<bool>()} : refuse("true or false");
  } else if constexpr (std::is_integral_v<T>) {
    if (const auto number = exact_integer<T>(value)) return number;
    return refuse("a whole number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                  std::to_string(std::numeric_limits<T>::max()));
  } else if constexpr (std::is_floating_point_v<T>) {
    return value.is_number() ? std::optional<T>{value.get<T>()} : refuse("a number");
  } else if constexpr (std::is_same_v<T, std::string>) {
    return value.is_string() ? std::optional<T>{value.get_ref<const std::string&>()}
                             : refuse("a text");
  } else if constexpr (vector_value<T>::is) {
    if (!value.is_array()) return refuse("an array");
    T items;
    items.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
      auto item = decode<typename vector_value<T>::type>(
          value[i], path + "[" + std::to_string(i) + "]", wrong);
      if (!item) return std::nullopt;
      items.push_back(*std::move(item));
    }
    return items;
  } else if constexpr (optional_value<T>::is) {
    if (value.is_null()) return std::optional<T>{std::in_place};
    auto inner = decode<typename optional_value<T>::type>(value, path, wrong);
    if (!inner) return std::nullopt;
    return std::optional<T>{std::in_place, *std::move(inner)};
  } else {
    try {
      return value.get<T>();
    } catch (const json::exception& failure) {
      wrong.push_back("argument \"" + path + "\": " + plain_text(failure));
      return std::nullopt;
    }
  }
}

/// Reads named arguments one by one and collects all errors.
class argument_reader {
 public:
  /// Both must outlive the reader.
  argument_reader(const json& args, std::span<const std::string> names)
      : args_(args), names_(names) {}

  /// Returns the argument `names[index]`; none if it is missing or does not match.
  template <class T>
  std::optional<T> read(std::size_t index) {
    const auto found = args_.find(names_[index]);
    if (found != args_.end()) return decode<T>(*found, names_[index], wrong_);
    if constexpr (optional_value<T>::is) return std::optional<T>{std::in_place};
    wrong_.push_back("argument \"" + names_[index] + "\" is missing");
    return std::nullopt;
  }

  /// Returns all errors as one, including arguments with unknown names.
  [[nodiscard]] result<void> finish();

 private:
  const json& args_;
  std::span<const std::string> names_;
  std::vector<std::string> wrong_;
};

/// Decodes all of `args` as one struct.
template <class T>
result<T> decode_struct(const json& args) {
  try {
    return args.get<T>();
  } catch (const json::exception& failure) {
    return struct_mismatch(args, failure,
                           [](const json& other) { static_cast<void>(other.get<T>()); });
  }
}

}  // namespace pawl::detail
