#include "cli/target/blob_client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "cli/target/http_client.hpp"

namespace pawl::cli {
namespace {

/// How long a transfer may stand still.
constexpr long max_pause_s = 60;
/// Of an answer that is not a blob.
constexpr std::size_t max_answer_bytes = std::size_t{1} << 20;

std::string blob_path(const std::string& hash) {
  return "/v1/blobs/" + percent_encoded("sha256:" + hash);
}

error incompatible(const char* what) {
  return {errc::not_supported,
          std::string{"invalid response: "} + what +
              "; the server is not a Pawl server or has an incompatible version"};
}

/// One request, whose body or answer is a blob.
class blob_transfer {
 public:
  blob_transfer(const server_access& access, const std::function<bool()>& is_cancelled)
      : access_(access), is_cancelled_(is_cancelled), handle_(curl_easy_init()) {
    if (!handle_) throw std::bad_alloc{};
  }
  blob_transfer(const blob_transfer&) = delete;
  blob_transfer& operator=(const blob_transfer&) = delete;

  void add_field(const std::string& line) { add_header(fields_, line); }
  /// The request has a body.
  void send_from(const blob_source& from) {
    from_ = &from;
    // A server that refuses the request says so before the body is sent.
    add_field("Expect: 100-continue");
    curl_easy_setopt(handle_.get(), CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle_.get(), CURLOPT_READFUNCTION, &blob_transfer::on_read);
    curl_easy_setopt(handle_.get(), CURLOPT_READDATA, static_cast<void*>(this));
  }
  /// The answer with status 200 is a blob.
  void receive_to(const blob_sink& to) { to_ = &to; }
  void ask_for_head() { curl_easy_setopt(handle_.get(), CURLOPT_NOBODY, 1L); }

  /// Sends the request. Errors: of the source or the sink; of the connection.
  result<void> perform(const std::string& path) {
    CURL* const handle = handle_.get();
    configure_request(handle, access_, path, fields_);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, max_pause_s);
    std::array<char, CURL_ERROR_SIZE> detail{};
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail.data());
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &blob_transfer::on_write);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, static_cast<void*>(this));
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &blob_transfer::on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, static_cast<void*>(this));
    const CURLcode code = curl_easy_perform(handle);
    if (failure_) return *failure_;
    if (code != CURLE_OK) return transfer_error(code, access_, detail.data());
    return {};
  }

  [[nodiscard]] int status() const {
    long code = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &code);
    return static_cast<int>(code);
  }
  /// A field of the answer; empty if it is missing.
  [[nodiscard]] std::string field(const char* name) const {
    curl_header* found = nullptr;
    const auto code = curl_easy_header(handle_.get(), name, 0, CURLH_HEADER, -1, &found);
    return code == CURLHE_OK ? found->value : "";
  }
  /// The answer, if it is not a blob.
  [[nodiscard]] const std::string& answer() const noexcept { return answer_; }
  [[nodiscard]] error refusal() const {
    return response_error(access_, status(), answer_, field("Retry-After"));
  }

 private:
  static std::size_t on_read(char* to, std::size_t size, std::size_t count, void* self) {
    auto& of = *static_cast<blob_transfer*>(self);
    if (of.taken_ == of.part_.size()) {
      auto next = (*of.from_)();
      if (!next) {
        of.failure_ = std::move(next).error();
        return CURL_READFUNC_ABORT;
      }
      of.part_ = *std::move(next);
      of.taken_ = 0;
    }
    const std::size_t given = std::min(size * count, of.part_.size() - of.taken_);
    std::memcpy(to, of.part_.data() + of.taken_, given);
    of.taken_ += given;
    return given;
  }

  static std::size_t on_write(char* data, std::size_t size, std::size_t count, void* self) {
    auto& of = *static_cast<blob_transfer*>(self);
    const std::string_view bytes{data, size * count};
    if (of.to_ != nullptr && of.status() == 200) {
      if (auto taken = (*of.to_)(bytes); !taken) {
        of.failure_ = std::move(taken).error();
        return 0;
      }
    } else if (of.answer_.size() + bytes.size() <= max_answer_bytes) {
      of.answer_ += bytes;
    }
    return bytes.size();
  }

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& of = *static_cast<blob_transfer*>(self);
    return of.is_cancelled_ && of.is_cancelled_() ? 1 : 0;
  }

  const server_access& access_;
  const std::function<bool()>& is_cancelled_;
  curl_list fields_;
  curl_easy handle_;  // before the fields that it refers to are freed
  const blob_source* from_ = nullptr;
  const blob_sink* to_ = nullptr;
  std::string part_;       ///< of the body that is sent
  std::size_t taken_ = 0;  ///< bytes of it that libcurl has
  std::string answer_;
  std::optional<error> failure_;
};

}  // namespace

result<blob_info> blob_client::put(const blob_source& from, const std::string& type,
                                   const std::string& hash) {
  blob_transfer transfer{access_, is_cancelled_};
  transfer.add_field("Content-Type: " + type);
  transfer.send_from(from);
  const std::string query = hash.empty() ? "" : "?hash=" + hash;
  if (auto sent = transfer.perform("/v1/blobs" + query); !sent) return std::move(sent).error();
  if (transfer.status() != 200) return transfer.refusal();
  const auto made = json::parse(transfer.answer(), nullptr, false);
  const auto found = blob_in(made);
  if (!found || !made.contains("size") || !made["size"].is_number_unsigned() ||
      !made.contains("type") || !made["type"].is_string())
    return incompatible("it is not a reference to a blob");
  return blob_info{*found, made["size"].get<std::uint64_t>(), made["type"].get<std::string>(), {}};
}

result<blob_info> blob_client::get(const std::string& hash) {
  blob_transfer transfer{access_, is_cancelled_};
  transfer.ask_for_head();
  if (auto sent = transfer.perform(blob_path(hash)); !sent) return std::move(sent).error();
  // An answer to HEAD has no body that says more.
  if (transfer.status() == 404) return error{errc::not_found, "no such blob: sha256:" + hash};
  if (transfer.status() != 200) return transfer.refusal();
  blob_info found{hash, 0, transfer.field("Content-Type"), {}};
  const std::string size = transfer.field("Blob-Size");
  const auto read = std::from_chars(size.data(), size.data() + size.size(), found.size);
  if (size.empty() || read.ec != std::errc{}) return incompatible("it has no header Blob-Size");
  return found;
}

result<void> blob_client::read(const std::string& hash, const blob_sink& to) {
  blob_transfer transfer{access_, is_cancelled_};
  transfer.receive_to(to);
  if (auto sent = transfer.perform(blob_path(hash)); !sent) return sent;
  if (transfer.status() != 200) return transfer.refusal();
  return {};
}

}  // namespace pawl::cli
