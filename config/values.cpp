#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include <pawl/suggest.hpp>

#include "config/units.hpp"

namespace pawl::config {
namespace {

// The names of the enumerators, in order.
template <class Enum>
constexpr std::array<std::string_view, 0> choices{};
template <>
constexpr std::array<std::string_view, 3> choices<durability>{"sync", "async", "off"};
template <>
constexpr std::array<std::string_view, 2> choices<compression>{"zstd", "none"};
template <>
constexpr std::array<std::string_view, 4> choices<log_level>{"debug", "info", "warning", "error"};
template <>
constexpr std::array<std::string_view, 2> choices<log_format>{"text", "json"};
template <>
constexpr std::array<std::string_view, 2> choices<bool>{"false", "true"};

template <class T>
constexpr bool is_list = std::is_same_v<T, std::vector<std::string>>;
template <class T>
constexpr bool is_time = std::is_same_v<T, std::chrono::milliseconds>;
template <class T>
constexpr bool is_choice = std::is_enum_v<T> || std::is_same_v<T, bool>;
template <class T>
constexpr bool is_number = is_time<T> || (std::is_integral_v<T> && !is_choice<T>);

template <class T>
constexpr quantity quantity_of = is_time<T>                         ? quantity::milliseconds
                                 : std::is_same_v<T, std::uint64_t> ? quantity::bytes
                                                                    : quantity::count;

// Settings are shown as TOML and JSON, which are UTF-8, and passed to the operating system, where a
// zero byte ends a string. nlohmann's strict writer accepts only UTF-8.
bool is_plain_text(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;
  try {
    static_cast<void>(json(text).dump());
    return true;
  } catch (const json::type_error&) {
    return false;
  }
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    items.emplace_back(item);
    if (comma == text.size()) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) items.emplace_back();  // a trailing comma: an empty item, which is refused
  }
  return items;
}

std::string joined(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

template <class T>
std::uint64_t amount_of(const T& value) {
  if constexpr (is_time<T>) {
    return value.count() < 0 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(value.count());
  } else {
    return value;
  }
}

// Returns nothing if the value is allowed, else the invalid value or list item.
template <class T>
std::optional<std::string> invalid_part(const key& k, const T& value) {
  if constexpr (is_number<T>) {
    const std::uint64_t amount = amount_of(value);
    if (amount < k.min || amount > k.max) return format_quantity(quantity_of<T>, amount);
  } else if constexpr (is_choice<T>) {
    if (static_cast<std::size_t>(value) >= choices<T>.size()) {
      return std::to_string(static_cast<int>(value));
    }
  } else if constexpr (is_list<T>) {
    for (const std::string& item : value) {
      if (!is_plain_text(item) || (k.accepts != nullptr && !k.accepts(item)))
        return in_quotes(item);
    }
  } else {
    const std::string text = value;
    if (!is_plain_text(text) || (k.accepts != nullptr && !k.accepts(text))) return in_quotes(text);
  }
  return std::nullopt;
}

// Parses a value; nothing if `text` is not one. Limits are checked later.
template <class T>
std::optional<T> read_text(const std::string& text) {
  if constexpr (is_number<T>) {
    const auto amount = parse_quantity(quantity_of<T>, text);
    if (!amount || !std::in_range<std::int64_t>(*amount)) return std::nullopt;
    if constexpr (is_time<T>) {
      return T{static_cast<std::int64_t>(*amount)};
    } else if (!std::in_range<T>(*amount)) {
      return std::nullopt;
    } else {
      return static_cast<T>(*amount);
    }
  } else if constexpr (is_choice<T>) {
    const auto& words = choices<T>;
    const auto* const found = std::find(words.begin(), words.end(), text);
    if (found == words.end()) return std::nullopt;
    return static_cast<T>(found - words.begin());
  } else if constexpr (is_list<T>) {
    return split_list(text);
  } else {
    return T{text};
  }
}

template <class T>
std::optional<T> read(const raw_value& given) {
  if (const auto* text = std::get_if<std::string>(&given)) return read_text<T>(*text);
  if constexpr (is_number<T>) {
    if (const auto* number = std::get_if<std::int64_t>(&given)) {
      return read_text<T>(std::to_string(*number));
    }
  }
  if constexpr (std::is_same_v<T, bool>) {
    if (const auto* other = std::get_if<other_value>(&given)) return read_text<T>(other->what);
  }
  if constexpr (is_list<T>) {
    if (const auto* list = std::get_if<std::vector<std::string>>(&given)) return *list;
  }
  return std::nullopt;
}

template <class T>
std::string hint([[maybe_unused]] const raw_value& given) {
  if constexpr (is_choice<T>) {
    if (const auto* text = std::get_if<std::string>(&given)) {
      if (const auto near = nearest(*text, choices<T>)) {
        return "; did you mean " + in_quotes(*near) + "?";
      }
    }
  }
  return {};
}

// Calls `use` with the value of `k`, in its type.
template <class Use>
auto with_value(const key& k, const settings& whole, Use&& use) {
  settings copy = whole;
  return std::visit([&](auto* value) { return use(std::as_const(*value)); }, k.in(copy));
}

}  // namespace

std::optional<std::string> assign(const key& k, settings& whole, const raw_value& given) {
  const auto put = [&](auto* place) -> std::optional<std::string> {
    using value_type = std::remove_pointer_t<decltype(place)>;
    auto value = read<value_type>(given);
    if (!value) return "must be " + allowed(k) + hint<value_type>(given);
    if (const auto part = invalid_part(k, *value)) {
      const std::string item = is_list<value_type> ? "; " + *part + " is not" : "";
      return "must be " + allowed(k) + item;
    }
    *place = std::move(*value);
    return std::nullopt;
  };
  return std::visit(put, k.in(whole));
}

std::optional<std::string> check_value(const key& k, const settings& whole) {
  return with_value(k, whole, [&](const auto& value) -> std::optional<std::string> {
    const auto part = invalid_part(k, value);
    if (!part) return std::nullopt;
    return "invalid value " + (k.is_secret ? std::string{"(not shown)"} : *part) + "; must be " +
           allowed(k);
  });
}

std::string allowed(const key& k) {
  return with_value(k, settings{}, [&](const auto& value) -> std::string {
    using value_type = std::decay_t<decltype(value)>;
    if constexpr (is_number<value_type>) {
      constexpr quantity kind = quantity_of<value_type>;
      const std::string range =
          "from " + format_quantity(kind, k.min) + " to " + format_quantity(kind, k.max);
      if constexpr (kind == quantity::bytes) return "a size " + range;
      if constexpr (kind == quantity::milliseconds) return "a time " + range;
      return "a whole number " + range;
    } else if constexpr (is_choice<value_type>) {
      return "one of " + joined(choices<value_type>);
    } else {
      return std::string{k.expects};
    }
  });
}

std::string to_text(const key& k, const settings& whole) {
  return with_value(k, whole, [](const auto& value) -> std::string {
    using value_type = std::decay_t<decltype(value)>;
    if constexpr (is_number<value_type>) {
      return format_quantity(quantity_of<value_type>, amount_of(value));
    } else if constexpr (is_choice<value_type>) {
      return std::string{choices<value_type>.at(static_cast<std::size_t>(value))};
    } else if constexpr (is_list<value_type>) {
      const std::vector<std::string_view> words(value.begin(), value.end());
      std::string text = joined(words);
      return text;
    } else {
      return value;
    }
  });
}

std::string to_toml(const key& k, const settings& whole) {
  return with_value(k, whole, [&](const auto& value) -> std::string {
    using value_type = std::decay_t<decltype(value)>;
    if constexpr (is_list<value_type>) {
      std::string text;
      for (const std::string& item : value)
        text.append(text.empty() ? "" : ", ") += in_quotes(item);
      return "[" + text + "]";
    } else {
      std::string text = to_text(k, whole);
      const bool bare =
          std::is_same_v<value_type, bool> ||
          (is_number<value_type> && text.find_first_not_of("0123456789") == std::string::npos);
      return bare ? text : in_quotes(text);
    }
  });
}

json to_json(const key& k, const settings& whole) {
  return with_value(k, whole, [&](const auto& value) -> json {
    using value_type = std::decay_t<decltype(value)>;
    if constexpr (is_number<value_type>) {
      return amount_of(value);
    } else if constexpr (is_list<value_type> || std::is_same_v<value_type, bool>) {
      return value;
    } else {
      return to_text(k, whole);
    }
  });
}

std::string in_quotes(std::string_view text) {
  // JSON's escapes are valid in TOML, which also requires one for DEL.
  std::string quoted_text = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  for (std::size_t at = 0; (at = quoted_text.find('\x7f', at)) != std::string::npos;) {
    quoted_text.replace(at, 1, "\\u007f");
  }
  return quoted_text;
}

std::string shown(const raw_value& given) {
  constexpr std::size_t max_shown = 80;
  struct writer {
    std::string operator()(const std::string& text) const {
      return in_quotes(text.size() <= max_shown ? text : text.substr(0, max_shown) + "…");
    }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(const other_value& value) const { return "(" + value.what + ")"; }
    std::string operator()(const std::vector<std::string>& list) const {
      std::string text;
      for (const std::string& item : list) {
        text.append(text.empty() ? "" : ", ") += (*this)(item);
        if (text.size() > max_shown) return "[" + text + ", …]";
      }
      return "[" + text + "]";
    }
  };
  return std::visit(writer{}, given);
}

}  // namespace pawl::config
