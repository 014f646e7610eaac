#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Compression by Zstandard (RFC 8878), with one context for each thread, which it keeps: nothing
/// is allocated once the buffers are large enough.
namespace pawl::persistence::values {

/// Smaller values are not compressed: that costs more time than it saves space.
inline constexpr std::size_t min_compressed_bytes = 1024;

/// Appends `value` as one frame, which holds its size and a checksum. Returns false and appends
/// nothing if the frame would not be at least a tenth smaller. Thread-safe.
[[nodiscard]] bool compress(std::string_view value, std::string& to);

/// Replaces `to` by what a frame of `compress` holds. Returns false for any other bytes. Memory is
/// only allocated for a size that a frame of this length can have. Thread-safe.
[[nodiscard]] bool decompress(std::string_view frame, std::string& to);

}  // namespace pawl::persistence::values
