#include "functions/http/transfer.hpp"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <optional>

#include <pawl/detail/utf8.hpp>

#include "functions/doubt.hpp"
#include "functions/http/address.hpp"
#include "functions/http/decoder.hpp"
#include "functions/http/encoding.hpp"
#include "functions/http/trust.hpp"

namespace pawl::functions::http {
namespace {

constexpr std::size_t max_header_bytes = 64 * 1024;
/// Maximum size of the body that is read when the status is not accepted: enough for a message
/// and for the details of an error.
constexpr std::size_t refused_body_bytes = max_error_details_bytes;
constexpr std::size_t curl_text_bytes = 200;
/// CURLE_TOO_LARGE of libcurl 8.6 and later. Earlier versions return CURLE_OUT_OF_MEMORY for a
/// header line that exceeds their own limit.
constexpr int code_too_large = 100;

/// Initializes libcurl once per process, before its first use.
CURLcode start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  return started;
}

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_tls_error(CURLcode code) noexcept {
  constexpr std::array errors = {CURLE_SSL_CONNECT_ERROR,     CURLE_PEER_FAILED_VERIFICATION,
                                 CURLE_SSL_CERTPROBLEM,       CURLE_SSL_CIPHER,
                                 CURLE_SSL_CACERT_BADFILE,    CURLE_SSL_ISSUER_ERROR,
                                 CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED,
                                 CURLE_SSL_CRL_BADFILE,       CURLE_SSL_PINNEDPUBKEYNOTMATCH,
                                 CURLE_USE_SSL_FAILED};
  return std::find(errors.begin(), errors.end(), code) != errors.end();
}

}  // namespace

transfer::transfer(const request& what, const policy& rules, body_budget& memory,
                   const std::string& scope)
    : what_(what),
      rules_(rules),
      reach_(reach_of(rules, what.target.host, what.target.port)),
      memory_(memory, scope, what.max_bytes, this),
      easy_(start_curl() == CURLE_OK ? curl_easy_init() : nullptr) {}

result<void> transfer::prepare() {
  if (reach_ == reach::none) return host_not_allowed(what_, false);
  if (!easy_) return failed("cannot initialize libcurl");
  set_target();
  set_body();
  set_headers();
  if (setting_ != CURLE_OK)
    return failed("libcurl rejected an option: " + std::string{curl_easy_strerror(setting_)});
  return {};
}

void transfer::set_target() {
  set(CURLOPT_URL, what_.target.text.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
  set(CURLOPT_PROXY, "");  // also overrides the environment
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set_authorities();
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(rules_.connect_timeout.count()));
  set(CURLOPT_NOSIGNAL, 1L);    // no signals to other threads
  set(CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for DNS
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_OPENSOCKETFUNCTION, &transfer::on_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &transfer::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &transfer::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

/// The certificates of the system are in a file and in a directory. `ca_file` replaces the file.
/// Without it the file is not read if the directory is enough.
void transfer::set_authorities() {
  const char* const folder = curl_version_info(CURLVERSION_NOW)->capath;
  if (!rules_.ca_file.empty())
    set(CURLOPT_CAINFO, rules_.ca_file.c_str());
  else if (what_.target.secure && folder != nullptr && finds_authorities_by_hash(folder))
    set(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
}

void transfer::set_body() {
  const auto& method = what_.method;
  const bool wants_length = method == "POST" || method == "PUT" || method == "PATCH";
  if (what_.body || wants_length) {
    static const std::string nothing;
    const auto& body = what_.body ? *what_.body : nothing;
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_POSTFIELDS, body.data());
  } else if (method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
    return;
  }
  set(CURLOPT_CUSTOMREQUEST, method.c_str());
}

void transfer::set_headers() {
  // Removes the defaults of libcurl: a form as content type, and the wait for "100 Continue".
  bool complete = add_header("Expect:");
  if (!what_.has_header("content-type")) complete = complete && add_header("Content-Type:");
  // `body_decoder` decodes: libcurl accepts encoded data that is incomplete.
  if (!what_.has_header("accept-encoding"))
    complete = complete && add_header("Accept-Encoding: " + std::string{body_decoder::accepted});
  for (const auto& h : what_.headers) {
    const bool blank = h.value.find_first_not_of(" \t") == h.value.npos;
    complete = complete && add_header(blank ? h.name + ";" : h.name + ": " + h.value);
  }
  if (!complete) setting_ = CURLE_OUT_OF_MEMORY;
  set(CURLOPT_HTTPHEADER, headers_.get());
}

bool transfer::add_header(const std::string& line) {
  auto* const longer = curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) return false;
  static_cast<void>(headers_.release());
  headers_.reset(longer);
  return true;
}

error transfer::timed_out() const {
  return noting_doubt(
      fail("timed_out", name_of(what_) + " timed out before " +
                            (status() == 0 ? "a response arrived" : "the response was complete")));
}

error transfer::stopped() const {
  return noting_doubt(
      fail("cancelled", name_of(what_) + " was aborted because its step was stopped"));
}

bool transfer::has_sent() const {
  long bytes = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
}

error transfer::noting_doubt(error why) const {
  return easy_ && has_sent() ? leaving_doubt(std::move(why)) : why;
}

int transfer::status() const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

/// Why there is no response that can be used.
std::optional<error> transfer::problem_of(CURLcode code) const {
  if (headers_too_large_) {
    return fail("too_large", name_of(what_) + " returned headers of more than " +
                                 std::to_string(max_header_bytes) + " bytes");
  }
  if (body_too_large_) {
    return fail("too_large", name_of(what_) + " returned a body of more than " +
                                 std::to_string(what_.max_bytes) +
                                 " bytes; see \"max_bytes\" and http.max_response_bytes");
  }
  if (bad_encoding_) return *bad_encoding_;
  if (code != CURLE_OK && !has_enough_) return explained(code);
  if (decoder_ && !has_enough_)
    if (const auto whole = decoder_->finish(); !whole) return bad_encoding(whole.error());
  return std::nullopt;
}

result<response> transfer::outcome(CURLcode code) {
  if (auto problem = problem_of(code)) return noting_doubt(*std::move(problem));
  response got;
  got.status = status();
  got.headers = read_headers();
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
  got.retry_after = std::chrono::seconds{seconds};
  got.body = std::move(body_);
  return got;
}

error transfer::failed(const std::string& why) const {
  return noting_doubt(fail("http_failed", name_of(what_) + " failed: " + why));
}

error transfer::bad_encoding(const error& why) const {
  return fail("http_bad_encoding", name_of(what_) +
                                       " returned a body whose Content-Encoding cannot be "
                                       "decoded: " +
                                       excerpt(why.message, curl_text_bytes));
}

error transfer::explained(CURLcode code) const {
  const std::string own = error_text_.data();
  const auto why = excerpt(own.empty() ? curl_easy_strerror(code) : own, curl_text_bytes);
  if (refused_addresses_ > 0 && sockets_ == 0) return host_not_allowed(what_, true);
  if (is_tls_error(code))
    return fail("http_tls", name_of(what_) + " failed: no trusted connection: " + why);
  if (code == CURLE_OUT_OF_MEMORY || code == code_too_large) {
    return fail("too_large", name_of(what_) + " returned a header that is too large");
  }
  if (code == CURLE_BAD_CONTENT_ENCODING)  // of a Transfer-Encoding
    return bad_encoding({errc::function_failed, why});
  if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT)
    return fail("http_connect", name_of(what_) + " failed: no connection: " + why);
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return fail("http_connect", name_of(what_) + " failed: no connection within " +
                                    std::to_string(rules_.connect_timeout.count()) +
                                    " ms (http.connect_timeout_ms)");
  }
  return failed(why);
}

json transfer::read_headers() const {
  json all = json::object();
  curl_header* h = nullptr;
  while ((h = curl_easy_nextheader(easy_.get(), CURLH_HEADER, -1, h)) != nullptr) {
    const auto name = in_lower_case(detail::to_valid_utf8(h->name));
    auto value = detail::to_valid_utf8(h->value);
    if (name == "set-cookie")
      all[name].push_back(std::move(value));
    else if (auto& there = all[name]; there.is_null())
      there = std::move(value);
    else
      there.get_ref<std::string&>() += ", " + value;
  }
  return all;
}

/// Callback for each line of each header block. Returning less than `size` ends the transfer.
std::size_t transfer::on_header(char*, std::size_t, std::size_t size, void* self) {
  auto& t = *static_cast<transfer*>(self);
  t.header_bytes_ += size;
  t.headers_too_large_ = t.header_bytes_ > max_header_bytes;
  return t.headers_too_large_ ? 0 : size;
}

std::size_t transfer::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& t = *static_cast<transfer*>(self);
  try {
    if (!t.has_memory_for(size)) return CURL_WRITEFUNC_PAUSE;
    return t.take({data, size}) ? size : 0;
  } catch (const std::bad_alloc&) {
    return 0;  // exceptions must not pass through libcurl; 0 makes it report a write error
  }
}

bool transfer::has_memory_for(std::size_t bytes) {
  if (!what_.accepted.has(status())) return true;  // only its beginning is kept
  // A few encoded bytes can become many.
  const bool is_small = body_.size() + bytes <= body_budget::small_body;
  return (is_small && content_codings().empty()) || memory_.take();
}

/// Decodes the next part of the body. Returns false to end the transfer.
bool transfer::take(std::string_view bytes) {
  has_enough_ = what_.follow_redirects && is_redirect(status()) && has_location();
  if (has_enough_) return false;
  if (!decoder_) {
    auto made = body_decoder::make(content_codings());
    if (!made) return refuse_encoding(made.error());
    decoder_ = *std::move(made);
  }
  const auto wants_more =
      decoder_->write(bytes, [this](std::string_view decoded) { return keep(decoded); });
  return wants_more ? *wants_more : refuse_encoding(wants_more.error());
}

bool transfer::refuse_encoding(const error& why) {
  bad_encoding_ = bad_encoding(why);
  return false;
}

/// Keeps the needed part of the body. Returns false if no more is needed.
bool transfer::keep(std::string_view bytes) {
  const bool accepted = what_.accepted.has(status());
  const auto room = (accepted ? what_.max_bytes : refused_body_bytes) - body_.size();
  body_.append(bytes.substr(0, room));
  if (bytes.size() <= room) return true;
  (accepted ? body_too_large_ : has_enough_) = true;
  return false;
}

/// The values of all headers Content-Encoding of the response, joined by commas.
std::string transfer::content_codings() const {
  std::string all;
  curl_header* h = nullptr;
  for (std::size_t i = 0;
       curl_easy_header(easy_.get(), "content-encoding", i, CURLH_HEADER, -1, &h) == CURLHE_OK; ++i)
    all += (all.empty() ? "" : ",") + std::string{h->value};
  return all;
}

bool transfer::has_location() const {
  curl_header* h = nullptr;
  return curl_easy_header(easy_.get(), "location", 0, CURLH_HEADER, -1, &h) == CURLHE_OK;
}

/// Callback for each address before a connection, independent of earlier name lookups.
curl_socket_t transfer::on_socket(void* self, curlsocktype, curl_sockaddr* to) {
  auto& t = *static_cast<transfer*>(self);
  if (t.reach_ != reach::all_addresses && !is_public_address(&to->addr, to->addrlen)) {
    ++t.refused_addresses_;
    return CURL_SOCKET_BAD;
  }
  ++t.sockets_;
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::string response::redirect_location() const {
  if (!is_redirect(status)) return {};
  const auto found = headers.find("location");
  return found == headers.end() ? std::string{} : found->get<std::string>();
}

std::string name_of(const request& what) {
  return what.method + " " + what.target.place;
}

error host_not_allowed(const request& what, bool for_its_addresses) {
  const auto& [text, place, host, port, secure] = what.target;
  const bool is_ipv6 = host.find(':') != host.npos;
  const auto entry = (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  // Only "*" leaves a host to its addresses, and a list that has only the entry allows no other.
  return fail("http_not_allowed",
              name_of(what) + " is not allowed: its host " +
                  (for_its_addresses ? "has no public address" : "is not in http.allow_hosts") +
                  "; to allow it, add " + entry + " to http.allow_hosts in the configuration" +
                  (for_its_addresses ? ", as in '*," + entry + "'" : ""));
}

}  // namespace pawl::functions::http
