#include <string>
#include <utility>

#include "flow/definition/definition.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

/// Returns the JSON pointer of a part of `value` that is nested too deep; none if there is none.
std::optional<std::string> too_deep(const json& value, std::uint32_t depth,
                                    std::uint32_t max_depth) {
  if (!value.is_structured()) return std::nullopt;
  if (depth == max_depth) return "";
  std::size_t index = 0;
  for (auto child = value.begin(); child != value.end(); ++child, ++index) {
    const auto place = too_deep(*child, depth + 1, max_depth);
    if (place)
      return child_pointer("", value.is_object() ? child.key() : std::to_string(index)) + *place;
  }
  return std::nullopt;
}

}  // namespace

std::optional<diagnostic> check_document(const json& source, const limits& limits) {
  if (auto place = too_deep(source, 0, limits.max_depth)) {
    return diagnostic{severity::error, *std::move(place), "too_deep",
                      "the definition is nested deeper than " + std::to_string(limits.max_depth) +
                          " levels (flow.max_depth)"};
  }
  std::size_t bytes = 0;
  try {
    bytes = source.dump().size();
  } catch (const json::type_error&) {
    return diagnostic{severity::error, "", "not_utf8",
                      "the definition has a string that is not valid UTF-8"};
  }
  if (bytes <= limits.max_bytes) return std::nullopt;
  return diagnostic{severity::error, "", "too_large",
                    "the definition has " + std::to_string(bytes) + " bytes; the maximum is " +
                        std::to_string(limits.max_bytes) + " (flow.max_bytes)"};
}

}  // namespace pawl::flow
