#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/security/caller.hpp"

namespace pawl::server {

class call;
using call_ptr = std::shared_ptr<call>;

/// How a route handles the Idempotency-Key.
enum class idempotency_mode : std::uint8_t {
  none,       ///< ignored: GET, PUT and DELETE are idempotent
  by_engine,  ///< passed to the engine, which stores it with the run
  by_table,   ///< the server keeps the answer in memory for a day
};

/// What a route of events produces.
inline constexpr std::string_view event_stream_type = "text/event-stream";

/// The bodies that a route accepts. `bytes`: those of a blob, which are stored as they arrive.
enum class body_kind : std::uint8_t { none, optional_object, object, document, bytes };

/// One operation of the API. The strings are literals.
struct route {
  /// Called on a server thread; must not block.
  using handler = void (*)(const call_ptr& request);

  std::string_view method;           ///< "GET"; also answers HEAD
  std::string_view pattern;          ///< "/v1/runs/{id}/pause"
  std::string_view name;             ///< "runs.pause": in the audit log and in OpenAPI
  std::optional<server::role> role;  ///< none: public, without a key
  handler handle;
  body_kind body = body_kind::none;
  idempotency_mode idempotency = idempotency_mode::none;
  std::vector<std::string_view> parameters = {};  ///< allowed query parameters
  std::string_view produces = "application/json";
  bool audited = true;
  bool server_wide = false;  ///< requires a key for every scope
  /// The form of its errors. Null: problem documents.
  http::response (*refusal)(const problem& refused, std::string_view request_id) = nullptr;
  /// Query parameters that it does not know are ignored, and a body may have any media type: for
  /// clients of the previous engine.
  bool lenient = false;
  /// It concerns this server, not the store: also a server that stands by answers it itself. Routes
  /// without a role are of this kind.
  bool by_each_server = false;

  /// Whether requests are recorded in the audit log.
  [[nodiscard]] bool is_command() const noexcept { return method != "GET" && audited; }

  // Modifiers for the tables of routes.
  [[nodiscard]] route with_query(std::vector<std::string_view> names) &&;
  [[nodiscard]] route with_body(body_kind kind) &&;
  [[nodiscard]] route producing(std::string_view media_type) &&;
  /// Sets `idempotency_mode::by_engine`.
  [[nodiscard]] route idempotent_by_engine() &&;
  /// For operations that concern the whole server, not one scope.
  [[nodiscard]] route for_whole_server() &&;
  /// For operations of one server of a cluster, see `by_each_server`.
  [[nodiscard]] route answered_by_each_server() &&;
  /// For operations that change nothing or write their own audit entries.
  [[nodiscard]] route unaudited() &&;
};

// Routes with the usual defaults: POST and PUT take an object; POST is idempotent by the table.
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

/// The table of routes. Complete it before the first request; from then on it is safe for
/// concurrent use.
class router {
 public:
  void add(route r);

  struct match {
    const server::route* route = nullptr;  ///< null: not found; see the other members
    path_values values = {};
    bool bad_encoding = false;  ///< the path has invalid percent-encoding
    std::string allowed = {};   ///< methods of the path ("GET, HEAD"); empty: no such path
  };
  /// The match points into the router.
  [[nodiscard]] match find(std::string_view method, std::string_view path) const&;
  match find(std::string_view method, std::string_view path) const&& = delete;

  [[nodiscard]] const std::vector<route>& routes() const& noexcept { return routes_; }
  const std::vector<route>& routes() const&& = delete;

 private:
  std::vector<route> routes_;
  std::vector<std::vector<std::string_view>> patterns_;  ///< the routes' patterns, split
};

}  // namespace pawl::server
