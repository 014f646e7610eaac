#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <pawl/blobs.hpp>

#include "server/api/parameters.hpp"
#include "server/http/exchange.hpp"
#include "server/problem.hpp"

namespace pawl::server {

/// Sends the body of a request to the store while it arrives. If the request is cut off, nothing is
/// stored.
class blob_body final : public http::body_sink {
 public:
  /// What an upload holds in memory: bytes that fill no chunk yet, a chunk that is being written,
  /// and those that have just arrived.
  static constexpr std::size_t max_held_bytes = std::size_t{640} << 10;

  /// `head`: names the media type. `query`: may have the `hash` that the bytes must have. A refusal
  /// if one of them is none, or if the body is compressed.
  [[nodiscard]] static std::optional<http::problem> open(const scope_blobs& in,
                                                         const http::request& head,
                                                         const parameters& query,
                                                         std::shared_ptr<blob_body>& made);

  void write(std::string bytes, taken done) override;
  /// Adds the last bytes and stores the blob. Errors: the first one of this upload.
  void finish(std::string last, callback<blob_info> done) const;

 private:
  blob_body(blob_upload to, std::string hash) : upload_(std::move(to)), hash_(std::move(hash)) {}

  const blob_upload upload_;
  const std::string hash_;  ///< that the bytes must have; empty: any
};

}  // namespace pawl::server
