#include "flow/schema/uri.hpp"

#include <algorithm>
#include <cstddef>

#include <pawl/detail/hex.hpp>

namespace pawl::flow::schema {
namespace {

/// The parts of a URI, each with its delimiters ("http:", "//host", "/path", "?query", "#part").
struct uri_parts {
  std::string_view scheme, authority, path, query, fragment;
};

std::string_view take_until(std::string_view& text, std::string_view ends) {
  const std::size_t size = std::min(text.find_first_of(ends), text.size());
  const auto taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

uri_parts parts_of(std::string_view text) {
  uri_parts parts;
  const std::size_t colon = text.find(':');
  if (colon != text.npos && colon > 0 && text.find_first_of("/?#") > colon) {
    parts.scheme = text.substr(0, colon + 1);
    text.remove_prefix(colon + 1);
  }
  if (text.starts_with("//")) {
    const auto rest = text.substr(2);
    const std::size_t size = 2 + std::min(rest.find_first_of("/?#"), rest.size());
    parts.authority = text.substr(0, size);
    text.remove_prefix(size);
  }
  parts.path = take_until(text, "?#");
  parts.query = take_until(text, "#");
  parts.fragment = text;
  return parts;
}

/// RFC 3986, section 5.2.4.
std::string without_dots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    if (path.starts_with("../")) {
      path.remove_prefix(3);
    } else if (path.starts_with("./")) {
      path.remove_prefix(2);
    } else if (path.starts_with("/./")) {
      path.remove_prefix(2);
    } else if (path == "/.") {
      path = "/";
    } else if (path.starts_with("/../") || path == "/..") {
      path = path == "/.." ? std::string_view{"/"} : path.substr(3);
      out.erase(out.rfind('/') == out.npos ? 0 : out.rfind('/'));
    } else if (path == "." || path == "..") {
      path = {};
    } else {
      const std::size_t end = path.find('/', 1);
      out += path.substr(0, end);
      path.remove_prefix(std::min(end, path.size()));
    }
  }
  return out;
}

std::string merged_path(const uri_parts& base, std::string_view path) {
  if (!base.authority.empty() && base.path.empty()) return "/" + std::string{path};
  const std::size_t last = base.path.rfind('/');
  const auto folder = last == base.path.npos ? std::string_view{} : base.path.substr(0, last + 1);
  return std::string{folder} + std::string{path};
}

}  // namespace

std::string resolve_uri(std::string_view base_uri, std::string_view reference) {
  const uri_parts base = parts_of(base_uri);
  const uri_parts given = parts_of(reference);
  const auto joined = [](std::string_view scheme, std::string_view authority,
                         const std::string& path, std::string_view query,
                         std::string_view fragment) {
    return std::string{scheme} + std::string{authority} + path + std::string{query} +
           std::string{fragment};
  };
  if (!given.scheme.empty() || !given.authority.empty()) {
    return joined(given.scheme.empty() ? base.scheme : given.scheme, given.authority,
                  without_dots(given.path), given.query, given.fragment);
  }
  if (given.path.empty()) {
    return joined(base.scheme, base.authority, std::string{base.path},
                  given.query.empty() ? base.query : given.query, given.fragment);
  }
  return joined(base.scheme, base.authority,
                without_dots(given.path.front() == '/' ? std::string{given.path}
                                                       : merged_path(base, given.path)),
                given.query, given.fragment);
}

split_uri split_fragment(std::string_view uri) noexcept {
  const std::size_t mark = uri.find('#');
  if (mark == uri.npos) return {uri, {}};
  return {uri.substr(0, mark), uri.substr(mark + 1)};
}

std::string percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_code = text[i] == '%' && i + 2 < text.size() &&
                         detail::hex_value(text[i + 1]) >= 0 && detail::hex_value(text[i + 2]) >= 0;
    if (is_code) {
      plain +=
          static_cast<char>(detail::hex_value(text[i + 1]) << 4 | detail::hex_value(text[i + 2]));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace pawl::flow::schema
