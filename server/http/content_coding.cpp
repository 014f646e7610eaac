#include "server/http/content_coding.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include <pawl/assert.hpp>

#include "server/http/ascii.hpp"

namespace pawl::server::http {
namespace {

constexpr int gzip_window_bits = 15 + 16;  // the largest window; + 16 selects the gzip format
constexpr int zlib_window_bits = 15;
constexpr int memory_level = 8;
constexpr std::size_t inflated_step = 64 * 1024;

/// The weight of an element of Accept-Encoding, from 0 to 1000; -1 if it is malformed.
int weight_of(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    std::string_view value = cut_part(parameters, ';');
    const std::string_view name = cut_part(value, '=');
    if (!ascii_iequals(name, "q")) continue;
    value = trimmed(value);
    if (value.empty() || value.size() > 5 || (value[0] != '0' && value[0] != '1')) return -1;
    if (value.size() > 1 && value[1] != '.') return -1;
    int weight = (value[0] - '0') * 1000, place = 100;
    for (const char digit : value.substr(std::min<std::size_t>(2, value.size()))) {
      if (digit < '0' || digit > '9') return -1;
      weight += (digit - '0') * place;
      place /= 10;
    }
    return weight <= 1000 ? weight : -1;
  }
  return 1000;
}

error bad_compressed_body(std::string_view what) {
  return {.code = errc::invalid_argument,
          .message = std::string{what} + "; check its Content-Encoding"};
}

/// Frees the state of `inflateInit2`.
struct inflate_end_guard {
  z_stream& stream;
  ~inflate_end_guard() { ::inflateEnd(&stream); }
};

result<std::string> inflate_all(z_stream& stream, std::size_t limit) {
  std::string out;
  while (true) {
    const std::size_t had = out.size();
    // One byte more than allowed, to detect that the limit is exceeded.
    out.resize(std::min(had + inflated_step, limit + 1));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    stream.avail_out = static_cast<uInt>(out.size() - had);
    const int code = ::inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() > limit)
      return error{
          .code = errc::limit_exceeded,
          .message = "the decompressed body is longer than " + std::to_string(limit) + " bytes"};
    if (code == Z_STREAM_END) {
      if (stream.avail_in != 0)
        return bad_compressed_body("the compressed body has trailing bytes");
      return out;
    }
    if (code != Z_OK && code != Z_BUF_ERROR)
      return bad_compressed_body("the body cannot be decompressed");
    if (stream.avail_in == 0 && stream.avail_out != 0)
      return bad_compressed_body("the compressed body is truncated");
  }
}

}  // namespace

coding parse_coding(std::string_view content_encoding) noexcept {
  const std::string_view name = trimmed(content_encoding);
  if (name.empty() || ascii_iequals(name, "identity")) return coding::none;
  if (ascii_iequals(name, "gzip") || ascii_iequals(name, "x-gzip")) return coding::gzip;
  if (ascii_iequals(name, "deflate")) return coding::deflate;
  return coding::unknown;
}

bool accepts_gzip(std::string_view accept_encoding) noexcept {
  int for_gzip = -1, for_all = -1;
  while (!accept_encoding.empty()) {
    std::string_view element = cut_part(accept_encoding, ',');
    const std::string_view name = cut_part(element, ';');
    const int weight = weight_of(element);
    if (ascii_iequals(name, "gzip") || ascii_iequals(name, "x-gzip"))
      for_gzip = std::max(for_gzip, weight);
    if (name == "*") for_all = weight;
  }
  return for_gzip > 0 || (for_gzip < 0 && for_all > 0);
}

result<std::string> decompress(std::string_view bytes, coding how, std::size_t limit) {
  PAWL_ASSERT(how == coding::gzip || how == coding::deflate,
              "only gzip and deflate can be decompressed");
  PAWL_ASSERT(bytes.size() < std::numeric_limits<uInt>::max(), "bodies are smaller than 4 GiB");
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  const int bits = how == coding::gzip ? gzip_window_bits : zlib_window_bits;
  PAWL_ASSERT(::inflateInit2(&stream, bits) == Z_OK, "zlib fails only without memory");
  const inflate_end_guard at_end{stream};
  return inflate_all(stream, limit);
}

std::string gzip(std::string_view bytes) {
  PAWL_ASSERT(bytes.size() < std::numeric_limits<uInt>::max(), "bodies are smaller than 4 GiB");
  z_stream stream{};
  PAWL_ASSERT(::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window_bits, memory_level,
                             Z_DEFAULT_STRATEGY) == Z_OK,
              "zlib fails only without memory");
  std::string out(::deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = ::deflate(&stream, Z_FINISH);
  PAWL_ASSERT(code == Z_STREAM_END, "deflateBound is an upper bound");
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

}  // namespace pawl::server::http
