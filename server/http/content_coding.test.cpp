#include "server/http/content_coding.hpp"

#include <zlib.h>

#include "tests/support/catch.hpp"

using pawl::errc;
using namespace pawl::server::http;

TEST_CASE("Accept-Encoding accepts gzip according to its weights") {
  struct row {
    const char* field;
    bool allowed;
  };
  for (const row& r : {row{"gzip", true},
                       row{"GZIP", true},
                       row{"deflate, gzip;q=0.5", true},
                       row{"gzip;q=0", false},
                       row{"gzip;q=0.000", false},
                       row{"gzip;q=0.001", true},
                       row{"*", true},
                       row{"*;q=0", false},
                       row{"gzip;q=0, *", false},
                       row{"*;q=0, gzip", true},
                       row{"identity", false},
                       row{"", false},
                       row{"br;q=1.0, gzip ; q=0.8, *;q=0.1", true},
                       row{"gzip;q=2", false},
                       row{"gzip;q=x", false},
                       row{"gzippy", false},
                       row{",,gzip", true},
                       row{"x-gzip", true},
                       row{"gzip;q=1.000", true},
                       row{"gzip;q=", false}}) {
    CAPTURE(r.field);
    CHECK(accepts_gzip(r.field) == r.allowed);
  }
}

TEST_CASE("Compression and decompression round-trip") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919) + ",";
  const std::string packed = gzip(text);
  CHECK(packed.size() < text.size());
  const auto again = decompress(packed, coding::gzip, text.size());
  REQUIRE(again);
  CHECK(*again == text);
  CHECK(*decompress(gzip(""), coding::gzip, 0) == "");
}

TEST_CASE("Deflate uses the zlib format") {
  const std::string text(1'000, 'x');
  uLongf size = ::compressBound(text.size());
  std::string packed(size, '\0');
  REQUIRE(::compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                     reinterpret_cast<const Bytef*>(text.data()), text.size()) == Z_OK);
  packed.resize(size);
  CHECK(*decompress(packed, coding::deflate, 1'000) == text);
}

TEST_CASE("Decompression stops at the limit") {
  const std::string bomb = gzip(std::string(50'000'000, '\0'));
  const auto made = decompress(bomb, coding::gzip, 1'000'000);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == errc::limit_exceeded);
  CHECK_FALSE(decompress(gzip("12345"), coding::gzip, 4));
  CHECK(decompress(gzip("12345"), coding::gzip, 5));
}

TEST_CASE("Bytes that do not match their Content-Encoding are refused") {
  const std::string packed = gzip("some text that is long enough to be cut somewhere");
  for (const std::string& bytes : {std::string{}, std::string{"plain"}, packed + "more",
                                   packed.substr(0, packed.size() - 1), packed.substr(0, 12)}) {
    const auto made = decompress(bytes, coding::gzip, 1'000);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == errc::invalid_argument);
  }
}

TEST_CASE("Codings are parsed by name") {
  CHECK(parse_coding("") == coding::none);
  CHECK(parse_coding("identity") == coding::none);
  CHECK(parse_coding(" GZip ") == coding::gzip);
  CHECK(parse_coding("x-gzip") == coding::gzip);
  CHECK(parse_coding("deflate") == coding::deflate);
  CHECK(parse_coding("gzip, gzip") == coding::unknown);
  CHECK(parse_coding("br") == coding::unknown);
}
