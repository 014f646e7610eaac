#include "persistence/values/zstandard.hpp"

#include <cstdint>
#include <memory>
#include <new>

#include <zstd.h>

#include <pawl/assert.hpp>

namespace pawl::persistence::values {
namespace {

constexpr int level = 3;

/// A block of a frame has at least 3 bytes, and 128 KiB of content at most.
constexpr std::uint64_t max_ratio = (std::uint64_t{128} << 10) / 3;

/// RocksDB writes no value of 4 GiB or more.
constexpr std::uint64_t max_bytes = (std::uint64_t{1} << 32) - 1;

struct free_context {
  void operator()(ZSTD_CCtx* context) const noexcept { ::ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const noexcept { ::ZSTD_freeDCtx(context); }
};

std::unique_ptr<ZSTD_CCtx, free_context> make_compressor() {
  std::unique_ptr<ZSTD_CCtx, free_context> made{::ZSTD_createCCtx()};
  if (!made) throw std::bad_alloc{};
  const auto set = [&](ZSTD_cParameter parameter, int value) {
    const std::size_t done = ::ZSTD_CCtx_setParameter(made.get(), parameter, value);
    PAWL_ASSERT(::ZSTD_isError(done) == 0, "Zstandard has this parameter");
  };
  set(ZSTD_c_compressionLevel, level);
  set(ZSTD_c_checksumFlag, 1);
  return made;
}

ZSTD_CCtx* compressor() {
  thread_local const auto mine = make_compressor();
  return mine.get();
}

ZSTD_DCtx* decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, free_context> mine{::ZSTD_createDCtx()};
  if (!mine) throw std::bad_alloc{};
  return mine.get();
}

}  // namespace

bool compress(std::string_view value, std::string& to) {
  const std::size_t begin = to.size(), room = value.size() - value.size() / 10;
  to.resize(begin + room);
  const std::size_t size =
      ::ZSTD_compress2(compressor(), to.data() + begin, room, value.data(), value.size());
  const bool fits = ::ZSTD_isError(size) == 0;  // the frame is larger than the room
  to.resize(begin + (fits ? size : 0));
  return fits;
}

bool decompress(std::string_view frame, std::string& to) {
  const std::uint64_t size = ::ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR) return false;
  if (size > max_bytes || size > frame.size() * max_ratio) return false;
  to.resize(static_cast<std::size_t>(size));
  const std::size_t read =
      ::ZSTD_decompressDCtx(decompressor(), to.data(), to.size(), frame.data(), frame.size());
  return ::ZSTD_isError(read) == 0 && read == size;
}

}  // namespace pawl::persistence::values
