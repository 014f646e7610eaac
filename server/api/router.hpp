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
  /// Called on one of the server's threads; must not block.
  using handler = void (*)(const call_ptr& request);

  std::string_view method;           ///< "GET"; HEAD is answered by it too
  std::string_view pattern;          ///< "/v1/runs/{id}/pause"
  std::string_view name;             ///< "runs.pause": in the audit log and the OpenAPI document
  std::optional<server::role> role;  ///< none: open to everybody, without a key
  handler handle;
  body_kind body = body_kind::none;
  repeats repeated = repeats::not_known;
  std::vector<std::string_view> parameters = {};  ///< that its query may have
  std::string_view produces = "application/json";
  bool audited = true;

  /// A command, noted in the audit log: it changes something.
  [[nodiscard]] bool is_command() const noexcept { return method != "GET" && audited; }

  // The same but for one thing, for the tables of routes.
  [[nodiscard]] route with_query(std::vector<std::string_view> names) &&;
  [[nodiscard]] route with_body(body_kind kind) &&;
  [[nodiscard]] route giving(std::string_view media_type) &&;
  /// Its repetition is: see `repeats::by_engine`.
  [[nodiscard]] route known_by_engine() &&;
  /// It changes nothing, or notes itself.
  [[nodiscard]] route unaudited() &&;
};

// Routes as most are: a POST or PUT takes an object, a POST's repetition is known by the table.
[[nodiscard]] route get_route(std::string_view pattern, std::string_view name,
                              std::optional<role> open_to, route::handler handle);
[[nodiscard]] route post_route(std::string_view pattern, std::string_view name,
                               std::optional<role> open_to, route::handler handle);
[[nodiscard]] route put_route(std::string_view pattern, std::string_view name,
                              std::optional<role> open_to, route::handler handle);
[[nodiscard]] route delete_route(std::string_view pattern, std::string_view name,
                                 std::optional<role> open_to, route::handler handle);

/// Values of a pattern's `{name}` segments, decoded.
using path_values = std::map<std::string, std::string, std::less<>>;

/// The routes there are. Immutable once requests come; then safe for concurrent use.
class router {
 public:
  void add(route r);

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
  std::vector<std::vector<std::string_view>> patterns_;  ///< of the routes, in segments
};

}  // namespace pawl::server
