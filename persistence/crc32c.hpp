#pragma once

#include <cstdint>
#include <string_view>

namespace pawl::persistence {

/// CRC-32C (Castagnoli) of `bytes`: reflected polynomial 0x82f63b78, initial value and final xor
/// 0xffffffff, as RFC 3720 (iSCSI) section 12.1 defines it. Detects every error burst of up to 32
/// bits. `before` is the checksum of the bytes before `bytes`: `crc32c(b, crc32c(a))` is the
/// checksum of a followed by b. Uses the CRC instructions of x86-64 (SSE 4.2) and ARMv8 if the
/// processor has them.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) noexcept;

namespace detail {

/// The same from tables, on any processor. Processes eight bytes at a time ("slicing by 8"): M.
/// Kounavis and F. Berry, "A Systematic Approach to Building High Performance Software-based CRC
/// Generators", ISCC 2005.
[[nodiscard]] std::uint32_t crc32c_by_tables(std::string_view bytes,
                                             std::uint32_t before = 0) noexcept;

}  // namespace detail
}  // namespace pawl::persistence
