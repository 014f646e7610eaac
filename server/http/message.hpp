#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// HTTP messages as plain values, independent of the library that parses and writes them.
namespace pawl::server::http {

/// Header fields in order. Names are case-insensitive.
class fields {
 public:
  struct field {
    std::string name;
    std::string value;
  };

  fields() = default;
  fields(std::initializer_list<field> list) : list_(list) {}

  void add(std::string name, std::string value) {
    list_.push_back({std::move(name), std::move(value)});
  }
  /// Replaces all fields of that name.
  void set(std::string_view name, std::string value);
  /// Returns the first field of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

  [[nodiscard]] auto begin() const noexcept { return list_.begin(); }
  [[nodiscard]] auto end() const noexcept { return list_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }

 private:
  std::vector<field> list_;
};

/// A complete request within all limits.
struct request {
  std::string method;     ///< as received: "GET"
  std::string path;       ///< percent-encoded, begins with "/"
  std::string query;      ///< the part after "?", percent-encoded
  http::fields fields;    ///< no control characters in names or values
  std::string body;       ///< decoded according to Content-Encoding
  std::string peer;       ///< address without port: "127.0.0.1", "::1", or "unix"
  bool loopback = false;  ///< the peer is on this machine
  std::string id;         ///< the request's id in logs and answers: [A-Za-z0-9-]
};

struct response {
  unsigned status = 200;
  http::fields fields = {};
  std::string body = {};
};

}  // namespace pawl::server::http
