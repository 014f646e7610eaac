#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// HTTP as the rest of the server sees it: values, without any trace of the library that reads and
/// writes them.
namespace pawl::server::http {

/// Header fields in their order. Names are compared without regard to case.
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
  /// In place of all fields of that name.
  void set(std::string_view name, std::string value);
  /// The first of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

  [[nodiscard]] auto begin() const noexcept { return list_.begin(); }
  [[nodiscard]] auto end() const noexcept { return list_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }

 private:
  std::vector<field> list_;
};

/// A request that was read to its end and is within every limit.
struct request {
  std::string method;     ///< as it came: "GET"
  std::string path;       ///< still percent-encoded, begins with "/"
  std::string query;      ///< what stood behind "?", still percent-encoded
  http::fields fields;    ///< no control characters in names or values
  std::string body;       ///< after any Content-Encoding was undone
  std::string peer;       ///< address without port: "127.0.0.1", "::1", or "unix"
  bool loopback = false;  ///< the peer is on this machine
  std::string id;         ///< names this request in logs and answers: [A-Za-z0-9-]
};

struct response {
  unsigned status = 200;
  http::fields fields = {};
  std::string body = {};
};

}  // namespace pawl::server::http
