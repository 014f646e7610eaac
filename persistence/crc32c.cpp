#include "persistence/crc32c.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace pawl::persistence {
namespace {

constexpr std::uint32_t polynomial = 0x82f63b78;  // reflected: least significant bit first

using table = std::array<std::uint32_t, 256>;

/// tables[0] is the byte table; tables[k] extends its result by k zero bytes.
constexpr std::array<table, 8> make_tables() {
  std::array<table, 8> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t remainder = i;
    for (int bit = 0; bit < 8; ++bit)
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? polynomial : 0);
    tables[0][i] = remainder;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t shorter = tables[k - 1][i];
      tables[k][i] = (shorter >> 8) ^ tables[0][shorter & 0xff];
    }
  }
  return tables;
}

constexpr std::array<table, 8> tables = make_tables();

std::uint32_t advance_by_byte(std::uint32_t state, char byte) noexcept {
  return (state >> 8) ^ tables[0][(state ^ static_cast<unsigned char>(byte)) & 0xff];
}

std::uint64_t load_little_endian(const char* from) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

std::uint32_t tables_update(std::uint32_t state, const char* from, std::size_t size) noexcept {
  for (; size >= 8; size -= 8, from += 8) {
    const std::uint64_t word = load_little_endian(from) ^ state;
    state = tables[7][word & 0xff] ^ tables[6][(word >> 8) & 0xff] ^
            tables[5][(word >> 16) & 0xff] ^ tables[4][(word >> 24) & 0xff] ^
            tables[3][(word >> 32) & 0xff] ^ tables[2][(word >> 40) & 0xff] ^
            tables[1][(word >> 48) & 0xff] ^ tables[0][word >> 56];
  }
  for (; size > 0; --size, ++from) state = advance_by_byte(state, *from);
  return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t instruction_update(std::uint32_t state,
                                                                   const char* from,
                                                                   std::size_t size) noexcept {
  std::uint64_t wide = state;
  for (; size >= 8; size -= 8, from += 8)
    wide = __builtin_ia32_crc32di(wide, load_little_endian(from));
  auto narrow = static_cast<std::uint32_t>(wide);
  for (; size > 0; --size, ++from)
    narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(*from));
  return narrow;
}

bool has_instruction() noexcept {
  static const bool has = __builtin_cpu_supports("sse4.2") != 0;
  return has;
}
#elif defined(__aarch64__) && defined(__linux__)
// GCC's arm_acle.h declares the intrinsics whatever the target is; clang's only for targets that
// have them, so its builtins are called instead.
#if defined(__clang__)
#define PAWL_TARGET_CRC "crc"
#define PAWL_CRC_WORD __builtin_arm_crc32cd
#define PAWL_CRC_BYTE __builtin_arm_crc32cb
#else
#define PAWL_TARGET_CRC "+crc"
#define PAWL_CRC_WORD __crc32cd
#define PAWL_CRC_BYTE __crc32cb
#endif

__attribute__((target(PAWL_TARGET_CRC))) std::uint32_t instruction_update(
    std::uint32_t state, const char* from, std::size_t size) noexcept {
  for (; size >= 8; size -= 8, from += 8) state = PAWL_CRC_WORD(state, load_little_endian(from));
  for (; size > 0; --size, ++from) state = PAWL_CRC_BYTE(state, static_cast<unsigned char>(*from));
  return state;
}

/// The CRC instructions are optional in ARMv8.0 and mandatory from ARMv8.1 on.
bool has_instruction() noexcept {
  static const bool has = (::getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
  return has;
}
#else
std::uint32_t instruction_update(std::uint32_t state, const char*, std::size_t) noexcept {
  return state;
}

constexpr bool has_instruction() noexcept {
  return false;
}
#endif

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) noexcept {
  if (has_instruction()) return ~instruction_update(~before, bytes.data(), bytes.size());
  return detail::crc32c_by_tables(bytes, before);
}

std::uint32_t detail::crc32c_by_tables(std::string_view bytes, std::uint32_t before) noexcept {
  return ~tables_update(~before, bytes.data(), bytes.size());
}

}  // namespace pawl::persistence
