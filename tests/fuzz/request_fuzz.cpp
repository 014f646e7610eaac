// Fuzzes HTTP requests. The first byte of the input selects the sizes of the pieces in which the
// rest arrives. Checks that nothing crashes, that the limits hold, and that the pieces do not
// change the requests.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/assert.hpp>

#include "server/http/request_reader.hpp"

namespace {

namespace http = pawl::server::http;

// Small, to reach the limits.
constexpr http::reader_limits fuzz_limits{
    .url_bytes = 100, .header_bytes = 500, .header_fields = 8, .body_bytes = 300};
constexpr std::size_t max_held = 500 + 300 + 8 * 1024 + 256;

const std::string refused = "refused";

bool is_clean(std::string_view text) {
  for (const char c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) return false;
  return true;
}

void check(const http::request& r) {
  PAWL_ASSERT(r.path == "*" || r.path.front() == '/', "a path begins with a slash");
  PAWL_ASSERT(is_clean(r.path) && is_clean(r.query) && is_clean(r.method), "no control characters");
  PAWL_ASSERT(r.path.size() + r.query.size() <= fuzz_limits.url_bytes, "the URL is within limits");
  PAWL_ASSERT(r.fields.size() <= fuzz_limits.header_fields, "the fields are within limits");
  PAWL_ASSERT(r.body.size() <= fuzz_limits.body_bytes, "the body is within limits");
  for (const auto& field : r.fields)
    PAWL_ASSERT(!field.name.empty() && is_clean(field.name) && is_clean(field.value),
                "fields have no control characters");
}

/// Everything that was read, as one text to compare.
std::string read_in_pieces(std::string_view bytes, std::size_t piece) {
  http::request_reader reader{fuzz_limits};
  std::string seen;
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (true) {
      const auto step = reader.next();
      if (step == http::request_reader::step::need_more) break;
      if (step == http::request_reader::step::head) continue;
      if (step == http::request_reader::step::refused) return seen + refused;
      const http::request r = reader.take().what;
      check(r);
      seen.append(r.method).append(" ").append(r.path).append("?").append(r.query).append("\n");
      for (const auto& field : r.fields)
        seen.append(field.name).append(": ").append(field.value).append("\n");
      seen.append(r.body).append("\n");
    }
    PAWL_ASSERT(reader.buffered() <= max_held + piece, "no more is held than the limits allow");
  }
  return seen;
}

/// What was read before the refusal.
std::string_view requests_of(std::string_view seen) {
  return seen.ends_with(refused) ? seen.substr(0, seen.size() - refused.size()) : seen;
}

/// True if both saw the same. The reader with larger pieces may see an error first, and the input
/// may end before the other sees it.
bool is_same(std::string_view a, std::string_view b) {
  return a == b || a == requests_of(b) || b == requests_of(a);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + bytes[0] % 64;
  const std::string_view rest{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  PAWL_ASSERT(is_same(read_in_pieces(rest, piece), read_in_pieces(rest, rest.size() + 1)),
              "requests are the same in whatever pieces they come");
  return 0;
}
