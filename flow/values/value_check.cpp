#include "flow/values/value_check.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include <pawl/detail/utf8.hpp>

#include "flow/values/json_size.hpp"

namespace pawl::flow {
namespace {

constexpr std::size_t any_size = std::numeric_limits<std::size_t>::max();

std::string pointer_segment(std::string_view name) {
  std::string out = "/";
  for (const char c : detail::to_valid_utf8(name, 64)) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

/// Visits a value once. The pointer of a problem is built while the recursion returns, so a valid
/// value pays nothing for it.
class checker {
 public:
  explicit checker(const value_limits& limits) : limits_(limits) {}

  std::optional<value_problem> find(const json& value) {
    if (walk(value, 0)) return std::nullopt;
    return std::move(problem_);
  }

 private:
  bool walk(const json& value, std::uint32_t depth) {
    switch (value.type()) {
      case json::value_t::null:
      case json::value_t::boolean:
      case json::value_t::number_integer:
      case json::value_t::number_unsigned:
        return count(json_scalar_size(value));
      case json::value_t::number_float:
        return finite(value.get<double>()) && count(json_scalar_size(value));
      case json::value_t::string:
        return text(value.get_ref<const std::string&>(), "text");
      case json::value_t::array:
        return array(value, depth);
      case json::value_t::object:
        return object(value, depth);
      case json::value_t::binary:
        return wrong("is binary, which JSON cannot express; encode it, for example as base64");
      case json::value_t::discarded:
        return wrong("is a discarded value, which a failed parse returns");
    }
    return wrong("has an unknown type");
  }

  bool array(const json& value, std::uint32_t depth) {
    if (!deeper(depth) || !count(json_container_size + value.size() * json_item_size)) return false;
    std::size_t index = 0;
    for (const auto& item : value) {
      if (!walk(item, depth + 1)) {
        problem_.pointer.insert(0, "/" + std::to_string(index));
        return false;
      }
      ++index;
    }
    return true;
  }

  bool object(const json& value, std::uint32_t depth) {
    if (!deeper(depth) || !count(json_container_size + value.size() * json_member_size))
      return false;
    for (auto member = value.begin(); member != value.end(); ++member) {
      if (!text(member.key(), "a key") || !walk(member.value(), depth + 1)) {
        problem_.pointer.insert(0, pointer_segment(member.key()));
        return false;
      }
    }
    return true;
  }

  bool text(const std::string& value, const char* what) {
    const auto good = detail::valid_utf8_prefix(value);
    if (good != value.size()) {
      return wrong(std::string{"has "} + what + " that is not valid UTF-8 at byte " +
                   std::to_string(good));
    }
    if (limits_.max_bytes == any_size) return true;
    return count(json_string_size(value));
  }

  bool finite(double number) {
    if (std::isfinite(number)) return true;
    return wrong(std::isnan(number) ? "is NaN, which JSON cannot express"
                                    : "is infinite, which JSON cannot express");
  }

  bool deeper(std::uint32_t depth) {
    if (depth < limits_.max_depth) return true;
    return exceeds("is nested deeper than " + std::to_string(limits_.max_depth) + " levels");
  }

  bool count(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= limits_.max_bytes) return true;
    return exceeds("exceeds the limit of " + std::to_string(limits_.max_bytes) + " bytes");
  }

  bool wrong(std::string what) {
    problem_.text = std::move(what);
    return false;
  }

  bool exceeds(std::string what) {
    problem_.is_limit = true;
    return wrong(std::move(what));
  }

  const value_limits& limits_;
  std::size_t bytes_ = 0;
  value_problem problem_;
};

}  // namespace

std::optional<value_problem> find_problem(const json& value, const value_limits& limits) {
  return checker{limits}.find(value);
}

result<void> check_value(const json& value, std::string_view what) {
  auto problem = find_problem(value, {any_size, max_value_depth});
  if (!problem) return {};
  // The pointer of a value that is too deep would be as long as the value is deep.
  const std::string place =
      problem->is_limit || problem->pointer.empty() ? "" : " at " + problem->pointer;
  return error{problem->is_limit ? errc::limit_exceeded : errc::invalid_argument,
               std::string{what} + place + " " + problem->text};
}

}  // namespace pawl::flow
