#include "cli/target/event_streams.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace pawl::cli {
namespace {

/// Three times the keep-alive interval of the server, 15 s.
constexpr long silence_limit_s = 45;
constexpr std::size_t max_error_body_bytes = 64 * 1024;

long status_of(CURL* handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

}  // namespace

event_streams::stream::~stream() {
  if (owner != nullptr) curl_multi_remove_handle(owner->multi_.get(), handle.get());
}

event_streams::event_streams(const server_access& access)
    : access_(access), multi_(curl_multi_init()) {
  if (!multi_) throw std::bad_alloc{};
}

event_streams::~event_streams() {
  streams_.clear();
}

std::size_t event_streams::stream::on_body(char* data, std::size_t size, std::size_t count,
                                           void* self) {
  auto& to = *static_cast<stream*>(self);
  const std::string_view chunk{data, size * count};
  if (status_of(to.handle.get()) != 200) {
    to.error_body += chunk.substr(
        0, max_error_body_bytes - std::min(max_error_body_bytes, to.error_body.size()));
    return chunk.size();
  }
  to.too_large = !to.parser.feed(chunk);
  if (to.too_large) return 0;
  while (auto event = to.parser.next()) {
    to.begun = true;
    to.owner->updates_.push_back({to.name, *std::move(event)});
  }
  if (!to.begun && !to.parser.last_id().empty()) {
    to.begun = true;
    to.owner->updates_.push_back({to.name, {}, {}, to.parser.last_id()});
  }
  return chunk.size();
}

void event_streams::open(const std::string& name, const std::string& path,
                         const std::string& after) {
  auto opened = std::make_unique<stream>();
  opened->name = name;
  opened->handle.reset(curl_easy_init());
  if (!opened->handle) throw std::bad_alloc{};
  CURL* const handle = opened->handle.get();
  add_header(opened->headers, "Accept: text/event-stream");
  if (!after.empty()) add_header(opened->headers, "Last-Event-ID: " + after);
  configure_request(handle, access_, path, opened->headers);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, silence_limit_s);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &stream::on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, static_cast<void*>(opened.get()));
  curl_easy_setopt(handle, CURLOPT_PRIVATE, static_cast<void*>(opened.get()));
  if (curl_multi_add_handle(multi_.get(), handle) != CURLM_OK) throw std::bad_alloc{};
  opened->owner = this;
  streams_[name] = std::move(opened);
}

void event_streams::poll(std::chrono::milliseconds wait) {
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  collect_ended();
  if (!updates_.empty()) return;
  curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(wait.count()), nullptr);
  curl_multi_perform(multi_.get(), &running);
  collect_ended();
}

void event_streams::collect_ended() {
  int more = 0;
  while (const auto* const message = curl_multi_info_read(multi_.get(), &more)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code =
        message->data.result;  // the message is invalid once the handle is removed
    void* found = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &found);
    const auto& ended = *static_cast<stream*>(found);
    update end{ended.name};
    const int status = static_cast<int>(status_of(ended.handle.get()));
    if (ended.too_large) {
      end.failure =
          error{errc::limit_exceeded, "an event from the server exceeds the maximum size"};
    } else if (code != CURLE_OK) {
      end.failure = transfer_error(code, access_, "");
    } else if (status != 200) {
      curl_off_t later = 0;
      curl_easy_getinfo(ended.handle.get(), CURLINFO_RETRY_AFTER, &later);
      end.failure =
          response_error(access_, status, ended.error_body, later > 0 ? std::to_string(later) : "");
    }
    streams_.erase(end.name);
    updates_.push_back(std::move(end));
  }
}

std::optional<event_streams::update> event_streams::next() {
  if (updates_.empty()) return std::nullopt;
  update first = std::move(updates_.front());
  updates_.pop_front();
  return first;
}

}  // namespace pawl::cli
