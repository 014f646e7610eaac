#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>
#include <pawl/blobs.hpp>

#include "server/api/blob_body.hpp"
#include "server/api/call.hpp"
#include "server/api/media_type.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

std::string blob_tag(const std::string& hash) {
  return "\"sha256:" + hash + "\"";
}

/// Before a part is read again that the engine had no place for.
constexpr std::chrono::milliseconds overload_pause{100};

/// Sends a blob, a part after the other: the next one is read when the peer has taken the last.
class blob_download : public std::enable_shared_from_this<blob_download> {
 public:
  blob_download(scope_blobs from, std::string hash, std::shared_ptr<http::stream> to,
                std::shared_ptr<spdlog::logger> log)
      : from_(std::move(from)), hash_(std::move(hash)), to_(std::move(to)), log_(std::move(log)) {}

  void send_next() {
    from_.read_async(hash_, part_, [self = shared_from_this()](result<blob_part> part) {
      if (!part && part.error().code == errc::overloaded)
        return self->to_->after_pause(overload_pause, [self] { self->send_next(); });
      if (!part) {
        // The peer gets less than the length that it was told, and the end of the connection.
        self->log_->warn("cannot send blob sha256:{}: {}", self->hash_, part.error().message);
        return self->to_->close();
      }
      ++self->part_;
      if (!part->bytes.empty() && !self->to_->write(std::move(part->bytes))) return;
      if (part->is_last) return self->to_->close();
      self->to_->when_drained([self] { self->send_next(); });
    });
  }

 private:
  const scope_blobs from_;
  const std::string hash_;
  const std::shared_ptr<http::stream> to_;
  const std::shared_ptr<spdlog::logger> log_;
  std::uint32_t part_ = 0;
};

void get_blob(const call_ptr& request) {
  const auto hash = parse_blob_hash(request->segment("hash"));
  if (!hash) return request->fail(hash.error());
  const scope_blobs blobs{request->in()};
  blobs.get_async(
      *hash,
      [request, blobs](const result<blob_info>& found) {
        if (!found) return request->fail(found.error());
        const auto accept = request->request().fields.find("Accept");
        if (accept && !accepts(*accept, found->type)) {
          return request->fail(
              problem{problem_code::not_acceptable,
                      "Accept excludes the media type of the blob, " + found->type});
        }
        const std::string tag = blob_tag(found->hash);
        const auto known = request->request().fields.find("If-None-Match");
        if (known && has_tag(*known, tag)) return request->send({304, {{"ETag", tag}}}, "ok");
        // Never a page or script of this server, whatever the type.
        http::response head{
            200,
            {{"Content-Type",
              is_script(found->type) ? std::string{default_blob_type} : found->type},
             {"Content-Security-Policy", "sandbox; default-src 'none'"},
             {"ETag", tag},
             {"Blob-Size", std::to_string(found->size)},
             {"Content-Disposition", "attachment"},
             {"Cache-Control", "private, immutable"}}};
        const bool is_head = request->request().method == "HEAD";
        const auto stream = request->answer_with_stream(std::move(head), found->size);
        if (!stream) return;
        if (is_head) return stream->close();
        std::make_shared<blob_download>(blobs, found->hash, stream, request->with().log)
            ->send_next();
      },
      request->withdrawn_with_client());
}

void put_blob(const call_ptr& request) {
  std::shared_ptr<blob_body> body = request->blob();
  // A request without a body has none.
  if (body == nullptr) {
    const scope_blobs blobs{request->in()};
    if (auto refused = blob_body::open(blobs, request->request(), request->query(), body))
      return request->fail(*refused);
  }
  body->finish(request->request().body, [request, body](const result<blob_info>& made) {
    if (!made) return request->fail(made.error());
    request->set_target("sha256:" + made->hash);
    request->answer(200, reference_to(*made), {{"ETag", blob_tag(made->hash)}});
  });
}

}  // namespace

void add_blob_routes(router& to) {
  to.add(put_route("/v1/blobs", "blobs.put", role::operator_role, put_blob)
             .with_query({"hash"})
             .with_body(body_kind::bytes));
  to.add(get_route("/v1/blobs/{hash}", "blobs.get", role::reader, get_blob).producing("*/*"));
}

}  // namespace pawl::server
