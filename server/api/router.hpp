#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/security/caller.hpp"

namespace pawl::server {

class call;
using call_ptr = std::shared_ptr<call>;

/// How a request that is sent again under one Idempotency-Key is known.
enum class repeats : std::uint8_t {
  not_known,  ///< a GET, or a PUT or DELETE, which can be repeated as they are
  by_engine,  ///< the key goes to the engine, which keeps it with the run
  by_table,   ///< the server keeps the answer for a day, in memory
};

/// What a request's body may be.
enum class body_kind : std::uint8_t { none, optional_object, object, document };

/// One operation of the API. The texts are literals.
struct route {
  std::string_view method;           ///< "GET"; HEAD is answered by it too
  std::string_view pattern;          ///< "/v1/runs/{id}/pause"
  std::string_view name;             ///< "runs.pause": in the audit log and the OpenAPI document
  std::optional<server::role> role;  ///< none: open to everybody, without a key
  std::vector<std::string_view> parameters;  ///< that its query may have
  body_kind body;
  repeats repeated;
  /// Called on one of the server's threads; must not block.
  void (*handle)(const call_ptr& request);
  std::string_view produces = "application/json";
  /// A command, noted in the audit log: it changes something.
  [[nodiscard]] bool is_command() const noexcept { return method != "GET" && audited; }
  bool audited = true;
};

/// Values of a pattern's `{name}` segments, decoded.
using path_values = std::map<std::string, std::string, std::less<>>;

/// The routes there are. Immutable once requests come; then safe for concurrent use.
class router {
 public:
  void add(route r) { routes_.push_back(std::move(r)); }

  struct match {
    const server::route* route = nullptr;  ///< null: see the others
    path_values values = {};
    bool bad_encoding = false;  ///< the path is not percent-encoded properly
    std::string allowed = {};  ///< methods of that path ("GET, HEAD"); empty: there is no such path
  };
  /// What is found points into this.
  [[nodiscard]] match find(std::string_view method, std::string_view path) const&;
  match find(std::string_view method, std::string_view path) const&& = delete;

  [[nodiscard]] const std::vector<route>& routes() const& noexcept { return routes_; }
  const std::vector<route>& routes() const&& = delete;

 private:
  std::vector<route> routes_;
};

}  // namespace pawl::server
