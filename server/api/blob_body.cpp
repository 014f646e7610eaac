#include "server/api/blob_body.hpp"

#include <utility>

namespace pawl::server {

std::optional<http::problem> blob_body::open(const scope_blobs& in, const http::request& head,
                                             const parameters& query,
                                             std::shared_ptr<blob_body>& made) {
  if (head.fields.find("Content-Encoding").value_or("identity") != "identity") {
    return http::problem{problem_code::unsupported_media_type,
                         "the bytes of a blob are stored as they are sent; send them without "
                         "Content-Encoding"};
  }
  std::string hash;
  if (query.has("hash")) {
    auto digits = parse_blob_hash(query.text("hash"));
    if (!digits) return problem_of(digits.error());
    hash = *std::move(digits);
  }
  auto upload = in.begin(std::string{head.fields.find("Content-Type").value_or(default_blob_type)});
  if (!upload) return problem_of(upload.error());
  made = std::shared_ptr<blob_body>{new blob_body{*std::move(upload), std::move(hash)}};
  return std::nullopt;
}

void blob_body::write(std::string bytes, taken done) {
  upload_.write_async(std::move(bytes), [done = std::move(done)](const result<void>& written) {
    done(written ? std::nullopt : std::optional{problem_of(written.error())});
  });
}

void blob_body::finish(std::string last, callback<blob_info> done) const {
  upload_.write_async(std::move(last), [upload = upload_, hash = hash_,
                                        done = std::move(done)](const result<void>& written) {
    if (!written) return done(written.error());
    upload.finish_async(hash, done);
  });
}

}  // namespace pawl::server
