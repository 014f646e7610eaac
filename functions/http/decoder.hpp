#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>

namespace pawl::functions::http {

/// Decodes a body from its content codings, "gzip" and "deflate" (RFC 9110, 8.4.1), part by part.
/// Not thread-safe.
class body_decoder {
 public:
  /// The value of the header Accept-Encoding for what can be decoded.
  static constexpr std::string_view accepted = "gzip, deflate";
  /// Receives decoded bytes. Returns false to end the decoding.
  using sink = std::function<bool(std::string_view)>;

  /// `codings`: the value of Content-Encoding, "" for a body that is not encoded. Error: a coding
  /// that cannot be decoded.
  [[nodiscard]] static result<body_decoder> make(std::string_view codings);
  body_decoder(body_decoder&&) noexcept;
  body_decoder& operator=(body_decoder&&) noexcept;
  ~body_decoder();

  /// Decodes the next bytes into `out`. Returns false if `out` did. Error: the bytes are damaged,
  /// or there is more behind the end of the encoded data.
  [[nodiscard]] result<bool> write(std::string_view bytes, const sink& out);
  /// Error: the encoded data is incomplete. A body without any bytes is complete.
  [[nodiscard]] result<void> finish() const;

 private:
  class stage;
  body_decoder();
  [[nodiscard]] result<bool> write_to(std::size_t first, std::string_view bytes, const sink& out);

  std::vector<std::unique_ptr<stage>> stages_;  ///< the coding that was applied last comes first
  bool is_empty_ = true;
};

}  // namespace pawl::functions::http
