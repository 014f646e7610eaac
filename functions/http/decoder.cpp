#include "functions/http/decoder.hpp"

#include <zlib.h>

#include <array>
#include <new>
#include <string>
#include <utility>

#include <pawl/code_ref.hpp>

#include "functions/http/encoding.hpp"

namespace pawl::functions::http {
namespace {

/// More codings than any server applies. Each multiplies what a small body can become.
constexpr std::size_t max_codings = 4;
constexpr std::size_t buffer_bytes = 16 * 1024;
/// `windowBits` of zlib: the largest window, with the format added or, for raw data, negated.
constexpr int window = 15, gzip_format = 16;

error damaged(const std::string& why) {
  return {errc::function_failed, why};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// Whether these two bytes begin data of the zlib format (RFC 1950). Some servers send "deflate"
/// without it.
bool begins_zlib(unsigned char first, unsigned char second) noexcept {
  return (first & 0x0f) == Z_DEFLATED && (first * 256u + second) % 31 == 0;
}

}  // namespace

class body_decoder::stage {
 public:
  enum class coding : std::uint8_t { gzip, deflate };

  explicit stage(coding of) : of_(of) {
    if (of_ == coding::gzip) begin(window + gzip_format);
  }
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;
  ~stage() {
    if (has_begun_) inflateEnd(&stream_);
  }

  [[nodiscard]] bool is_complete() const noexcept { return has_ended_; }

  template <class Out>
  result<bool> write(std::string_view bytes, Out out) {
    std::string head;
    if (!has_begun_) {
      head_ += bytes;
      if (head_.size() < 2) return true;
      begin(begins_zlib(static_cast<unsigned char>(head_[0]), static_cast<unsigned char>(head_[1]))
                ? window
                : -window);
      head = std::exchange(head_, {});
      bytes = head;
    }
    // zlib does not change its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    return inflate_all(out);
  }

 private:
  void begin(int window_bits) {
    if (inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc{};
    has_begun_ = true;
  }

  template <class Out>
  result<bool> inflate_all(Out out) {
    bool is_buffer_full = false;
    while (stream_.avail_in > 0 || is_buffer_full) {
      if (has_ended_) {
        // A gzip file may have several members (RFC 1952, 2.2).
        if (of_ != coding::gzip) return damaged("there are bytes behind its end");
        inflateReset(&stream_);
        has_ended_ = false;
      }
      std::array<char, buffer_bytes> buffer;
      stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream_.avail_out = static_cast<uInt>(buffer.size());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_MEM_ERROR) throw std::bad_alloc{};
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        return damaged(stream_.msg == nullptr ? "it is damaged" : stream_.msg);
      const auto size = buffer.size() - stream_.avail_out;
      has_ended_ = status == Z_STREAM_END;
      is_buffer_full = stream_.avail_out == 0 && !has_ended_;
      if (size == 0) continue;
      if (auto taken = out(std::string_view{buffer.data(), size}); !taken || !*taken) return taken;
    }
    return true;
  }

  const coding of_;
  z_stream stream_{};
  bool has_begun_ = false;
  bool has_ended_ = false;
  std::string head_;  ///< the bytes before it has begun
};

body_decoder::body_decoder() = default;
body_decoder::body_decoder(body_decoder&&) noexcept = default;
body_decoder& body_decoder::operator=(body_decoder&&) noexcept = default;
body_decoder::~body_decoder() = default;

result<body_decoder> body_decoder::make(std::string_view codings) {
  body_decoder made;
  while (!codings.empty()) {
    const auto comma = std::min(codings.find(','), codings.size());
    const auto name = in_lower_case(std::string{trimmed(codings.substr(0, comma))});
    codings.remove_prefix(std::min(comma + 1, codings.size()));
    if (name.empty() || name == "identity") continue;
    const bool is_gzip = name == "gzip" || name == "x-gzip";
    if (!is_gzip && name != "deflate")
      return damaged(pawl::quoted(name) + " is not one of " + std::string{accepted});
    if (made.stages_.size() == max_codings) return damaged("there are too many codings");
    made.stages_.insert(
        made.stages_.begin(),
        std::make_unique<stage>(is_gzip ? stage::coding::gzip : stage::coding::deflate));
  }
  return made;
}

result<bool> body_decoder::write(std::string_view bytes, const sink& out) {
  is_empty_ = is_empty_ && bytes.empty();
  return write_to(0, bytes, out);
}

/// Recursive, at most `max_codings` deep.
result<bool> body_decoder::write_to(std::size_t first, std::string_view bytes, const sink& out) {
  if (first == stages_.size()) return out(bytes);
  return stages_[first]->write(
      bytes, [&](std::string_view decoded) { return write_to(first + 1, decoded, out); });
}

result<void> body_decoder::finish() const {
  if (is_empty_) return {};
  for (const auto& each : stages_)
    if (!each->is_complete()) return damaged("it is incomplete");
  return {};
}

}  // namespace pawl::functions::http
