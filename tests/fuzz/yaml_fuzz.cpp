// Fuzzes the reader of YAML. Checks that what is accepted stays within its limits, has a place in
// the text for each value, and survives being written as YAML and read again.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/assert.hpp>
#include <pawl/json.hpp>

#include "cli/flow_text.hpp"
#include "flow/values/json_size.hpp"
#include "flow/values/pointer.hpp"
#include "server/yaml/parse_yaml.hpp"

namespace {

using pawl::json;
namespace server = pawl::server;

constexpr std::size_t max_bytes = 16u << 10;
constexpr std::uint32_t max_depth = 32;

/// Checks the places of a value and of all inside it. Recursive; the depth is limited.
void check_places(const server::yaml_document& document, const json& value,
                  const std::string& pointer, std::size_t lines, int& left) {
  const auto at = server::locate(document.value, document.places, pointer);
  PAWL_ASSERT(at.line >= 1 && at.line <= lines + 1 && at.column >= 1, "a place is in the text");
  for (const auto& [key, member] : value.items())
    if (--left > 0)
      check_places(document, member, pawl::flow::child_pointer(pointer, key), lines, left);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto document = server::parse_yaml(text, "the input", max_bytes, max_depth);
  if (!document) {
    PAWL_ASSERT(!document.error().message.empty(), "what is no YAML is refused with a reason");
    return 0;
  }
  PAWL_ASSERT(pawl::flow::json_size(document->value) <= max_bytes, "the limit on bytes holds");
  std::size_t lines = 1;
  for (const char c : text) lines += c == '\n' || c == '\r' ? 1 : 0;
  int left = 200;
  check_places(*document, document->value, "", lines, left);
  const std::string written = pawl::cli::yaml_text(document->value);
  const auto again = server::parse_yaml(written, "the text", 8 * max_bytes, max_depth);
  PAWL_ASSERT(again && again->value == document->value, "a value survives its YAML");
  return 0;
}
