#include "persistence/values/zstandard.hpp"

#include <random>

#include <pawl/detail/hex.hpp>

#include "tests/support/catch.hpp"

using namespace pawl::persistence::values;

namespace {

std::string numbered_items(std::size_t items) {
  std::string text;
  for (std::size_t i = 0; i < items; ++i) text += R"({"item":)" + std::to_string(i) + "},";
  return text;
}

std::string noise_of(std::size_t size) {
  std::mt19937 random{7};
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(random()));
  return bytes;
}

}  // namespace

TEST_CASE("a compressed value is read as it was", "[values]") {
  for (const std::size_t items : {100, 1'000, 100'000}) {
    const std::string value = numbered_items(items);
    std::string frame = "before", read = "what was there";
    REQUIRE(compress(value, frame));
    CHECK(frame.starts_with("before"));
    CHECK(frame.size() < value.size() / 2);
    REQUIRE(decompress(std::string_view{frame}.substr(6), read));
    CHECK(read == value);
  }
}

TEST_CASE("a value that would hardly be smaller is not compressed", "[values]") {
  for (const std::size_t size : {2'000, 200'000}) {
    std::string frame = "before";
    CHECK_FALSE(compress(noise_of(size), frame));
    CHECK(frame == "before");
    // A twentieth of it can be compressed, which is too little.
    CHECK_FALSE(compress(noise_of(size) + std::string(size / 20, 'a'), frame));
    CHECK(compress(noise_of(size) + std::string(size / 5, 'a'), frame));
  }
}

TEST_CASE("a damaged frame is noticed", "[values]") {
  const std::string value = numbered_items(300);
  std::string frame, read;
  REQUIRE(compress(value, frame));
  for (std::size_t at = 0; at < frame.size(); ++at) {
    std::string damaged = frame;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    CAPTURE(at);
    CHECK((!decompress(damaged, read) || read == value));  // some bits of the header mean nothing
  }
  for (std::size_t length = 0; length < frame.size(); ++length)
    CHECK_FALSE(decompress(std::string_view{frame}.substr(0, length), read));
  CHECK_FALSE(decompress(frame + "x", read));
  CHECK_FALSE(decompress(frame + frame, read));
}

TEST_CASE("a frame must have its size, and no size that it cannot have", "[values]") {
  std::string read;
  // A frame of "hello" as a stream writes it: without the size.
  const auto without = pawl::detail::from_hex("28b52ffd045829000068656c6c6f").value();
  CHECK_FALSE(decompress(without, read));
  // A frame header that promises 2 GiB, then 4 EiB, with one empty block.
  for (const char* const size : {"0000008000000000", "0000000000000040"}) {
    const auto frame = pawl::detail::from_hex("28b52ffde0" + std::string{size} + "010000").value();
    CHECK_FALSE(decompress(frame, read));
    CHECK(read.capacity() < 1'000'000);
  }
}
