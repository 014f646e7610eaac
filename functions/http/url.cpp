#include "functions/http/url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include <pawl/code_ref.hpp>
#include <pawl/detail/arguments.hpp>

#include "functions/http/encoding.hpp"

namespace pawl::functions::http {
namespace {

struct url_closer {
  void operator()(CURLU* handle) const noexcept { curl_url_cleanup(handle); }
};
using url_handle = std::unique_ptr<CURLU, url_closer>;

error bad_url(const std::string& message) {
  return detail::invalid_arguments(message);
}

std::optional<std::string> part_of(const url_handle& handle, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle.get(), part, &text, flags) != CURLUE_OK) return std::nullopt;
  const std::unique_ptr<char, void (*)(void*)> owned{text, curl_free};
  return std::string{text};
}

/// Sets the URL, or resolves a relative one against the current URL.
result<void> put_url(const url_handle& handle, const std::string& text) {
  const auto is_unwritable = [](char c) { return (c >= '\0' && c <= ' ') || c == '\x7f'; };
  if (std::any_of(text.begin(), text.end(), is_unwritable))
    return bad_url("not contain spaces or control characters; percent-encode them");
  const auto code = curl_url_set(handle.get(), CURLUPART_URL, text.c_str(),
                                 CURLU_NON_SUPPORT_SCHEME | CURLU_DISALLOW_USER);
  if (code == CURLUE_OK) return {};
  if (code == CURLUE_USER_NOT_ALLOWED)
    return bad_url("not contain a user name or password; send them in a header");
  return bad_url("be an absolute http or https URL such as https://example.com/orders (" +
                 std::string{curl_url_strerror(code)} + ")");
}

/// Returns the current query, in ASCII, followed by `more`.
std::string joined_query(const url_handle& handle, const std::string& more) {
  auto query = with_ascii_only(part_of(handle, CURLUPART_QUERY).value_or(""));
  if (!query.empty() && !more.empty() && !query.ends_with('&')) query += '&';
  return query + more;
}

result<url> finished(const url_handle& handle, const std::string& more_query) {
  const auto scheme = part_of(handle, CURLUPART_SCHEME).value_or("");
  if (scheme != "http" && scheme != "https")
    return bad_url("be an http or https URL, not " + pawl::quoted(scheme));
  if (part_of(handle, CURLUPART_ZONEID)) return bad_url("not have a zone in its address");
  auto host = in_lower_case(part_of(handle, CURLUPART_HOST, CURLU_PUNYCODE).value_or(""));
  if (host.empty()) return bad_url("name a host that can be written in ASCII (punycode)");

  url made;
  const auto port = part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("");
  std::from_chars(port.data(), port.data() + port.size(), made.port);
  if (made.port == 0) return bad_url("have a port from 1 to 65535");
  made.secure = scheme == "https";
  // Built here because libcurl changes parts that are encoded already when it sets them.
  made.place = scheme + "://" + host;
  if (made.port != (made.secure ? 443 : 80)) made.place += ":" + port;
  made.place += with_ascii_only(part_of(handle, CURLUPART_PATH).value_or("/"));
  const auto query = joined_query(handle, more_query);
  made.text = made.place + (query.empty() ? "" : "?" + query);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.pop_back();
  made.host = std::move(host);
  return made;
}

}  // namespace

result<url> parse_url(const std::string& text, const std::string& query) {
  const url_handle handle{curl_url()};
  if (!handle) return bad_url("be parsed, but memory is exhausted");
  if (auto good = put_url(handle, text); !good) return std::move(good).error();
  return finished(handle, query);
}

result<url> resolved(const url& from, const std::string& location) {
  const url_handle handle{curl_url()};
  if (!handle) return bad_url("be parsed, but memory is exhausted");
  if (auto good = put_url(handle, from.text); !good) return std::move(good).error();
  if (auto good = put_url(handle, location); !good) return std::move(good).error();
  return finished(handle, {});
}

}  // namespace pawl::functions::http
