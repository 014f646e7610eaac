#include "cli/old_engine/old_values.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "flow/values/pointer.hpp"
#include "flow/values/value_check.hpp"

namespace pawl::cli {
namespace {

/// Makes values storable, and remembers where it has changed one.
class value_cleaner {
 public:
  explicit value_cleaner(value_changes* changed) : changed_(changed) {}

  void clean(json& value, const std::string& at, std::uint32_t depth) {
    if (value.is_binary() || value.is_discarded()) {
      replace(value, at, "bytes, or an object of Python, became null");
    } else if (depth > flow::max_value_depth) {
      replace(value, at, "what nests too deep became null");
    } else if (value.is_number_float()) {
      if (!std::isfinite(value.get<double>())) replace(value, at, "NaN or infinity became null");
    } else if (value.is_string()) {
      std::string valid = valid_text(value.get_ref<const std::string&>());
      if (value != valid) note_change(changed_, at, "invalid UTF-8 became U+FFFD");
      value = std::move(valid);
    } else if (value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i)
        clean(value[i], inside(at, [&] { return std::to_string(i); }), depth + 1);
    } else if (value.is_object()) {
      json made = json::object();
      for (auto& [key, item] : value.items()) {
        const std::string valid = valid_text(key);
        const std::string place = inside(at, [&] { return valid; });
        if (valid != key) note_change(changed_, place, "invalid UTF-8 became U+FFFD in its key");
        clean(item, place, depth + 1);
        made[valid] = std::move(item);
      }
      value = std::move(made);
    }
  }

 private:
  /// The pointer of a member, if it is wanted.
  template <class Key>
  std::string inside(const std::string& at, const Key& key) const {
    return changed_ == nullptr ? std::string{} : flow::child_pointer(at, key());
  }

  void replace(json& value, const std::string& at, const char* what) {
    value = nullptr;
    note_change(changed_, at, what);
  }

  value_changes* changed_;
};

}  // namespace

void note_change(value_changes* to, const std::string& pointer, const std::string& what) {
  if (to == nullptr || to->size() > max_value_changes) return;
  to->push_back(to->size() == max_value_changes ? "more values were changed"
                                                : (pointer.empty() ? "/" : pointer) + ": " + what);
}

result<json> decode_msgpack(std::string_view bytes, value_changes* changed) {
  json decoded = json::from_msgpack(bytes.begin(), bytes.end(), true, false);
  if (decoded.is_discarded()) return error{errc::invalid_argument, "it is not msgpack"};
  return storable(std::move(decoded), changed);
}

json storable(json value, value_changes* changed) {
  value_cleaner{changed}.clean(value, "", 0);
  return value;
}

std::string valid_text(std::string_view text) {
  // The only JSON library of Pawl replaces invalid bytes while it writes.
  const std::string written = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  return json::parse(written).get<std::string>();
}

std::optional<time_point> parse_old_time(std::string_view text) {
  constexpr std::size_t date_size = 10;
  if (text.size() <= date_size || (text[date_size] != ' ' && text[date_size] != 'T'))
    return std::nullopt;
  std::string rfc{text};
  rfc[date_size] = 'T';
  const bool has_zone = rfc.back() == 'Z' || rfc.find('+', date_size) != rfc.npos;
  const auto parsed = parse_rfc3339(has_zone ? rfc : rfc + "Z");
  return parsed ? std::optional{*parsed} : std::nullopt;
}

}  // namespace pawl::cli
