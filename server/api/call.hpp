#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pawl/engine.hpp>
#include <pawl/json.hpp>

#include "server/api/etag.hpp"
#include "server/api/idempotency.hpp"
#include "server/api/parameters.hpp"
#include "server/api/router.hpp"
#include "server/api/services.hpp"
#include "server/http/exchange.hpp"
#include "server/job_views.hpp"
#include "server/problem.hpp"
#include "server/views.hpp"
#include "server/yaml/parse_yaml.hpp"

namespace pawl::server {

class blob_body;

/// The routes and their services. Immutable.
struct api {
  services with;
  router routes;
};

/// A request in progress and its one answer. Lives until it is answered, held by its handler and
/// the callbacks. Immutable except for the body, which one thread takes.
class call : public std::enable_shared_from_this<call> {
 public:
  /// `to`: a route of `of`.
  call(std::shared_ptr<const api> of, const server::route& to, router::match matched, caller by,
       pawl::scope in, parameters query, http::request request,
       std::shared_ptr<http::exchange> answer);
  ~call();
  call(const call&) = delete;
  call& operator=(const call&) = delete;

  [[nodiscard]] const services& with() const noexcept { return api_->with; }
  [[nodiscard]] const server::route& route() const noexcept { return route_; }
  [[nodiscard]] const caller& by() const noexcept { return by_; }
  /// The flows and runs of the caller's scope.
  [[nodiscard]] const pawl::scope& in() const noexcept { return in_; }
  [[nodiscard]] const parameters& query() const noexcept { return query_; }
  [[nodiscard]] const http::request& request() const noexcept { return request_; }
  /// The value of a `{name}` segment of the pattern.
  [[nodiscard]] const std::string& segment(std::string_view name) const;
  /// The segment `{id}`.
  [[nodiscard]] run_id run() const { return run_id{segment("id")}; }

  /// Takes the body as JSON. A body in YAML, which only routes of documents allow, is the value
  /// that it means. An empty body is an empty object if the route allows it. If the body is
  /// invalid, answers the request and returns nothing.
  [[nodiscard]] std::optional<json> take_body();
  /// Whether the body is YAML.
  [[nodiscard]] bool has_yaml() const;
  /// If the body was YAML, adds the line and column of each place in it to the messages.
  void add_lines(std::vector<diagnostic>& diagnostics) const;
  /// Parses a JSON text of the client within the server's limits.
  [[nodiscard]] std::variant<json, problem> parse(const std::string& text,
                                                  std::string_view what) const;
  /// The field Idempotency-Key, or "".
  [[nodiscard]] std::string idempotency_key() const;
  /// The prefix of keys in the idempotency table: the caller in its scope, and the kind of use.
  [[nodiscard]] std::string idempotency_owner(std::string_view use) const;
  /// Whose share of the table an answer takes: that of the scope, so that a scope with many callers
  /// has no more than one with few. Each kind of use has a share of its own.
  [[nodiscard]] std::string idempotency_share(std::string_view use) const;
  /// How the idempotency table names a run of the caller's scope.
  [[nodiscard]] std::string idempotency_run(const std::string& id) const;
  /// The same for the run in the path of a route "/v1/runs/{id}…"; else "".
  [[nodiscard]] std::string idempotency_run() const;
  /// Binds the Idempotency-Key, if there is one, to the id or key in the body, which is what the
  /// engine stores. Returns false, with the request refused, if it was sent with another one.
  [[nodiscard]] bool bind_idempotency_key(const std::string& named);
  /// Notes in a start who starts the run, and the trace of the request.
  void attribute(start_options& start) const;
  [[nodiscard]] if_match precondition() const;

  // Answers. The first call answers the request; later calls have no effect.

  /// `lost`: called if the answer is known not to reach the client; also if the request was already
  /// answered.
  void answer(unsigned status, const json& body, http::fields fields = {},
              std::function<void()> lost = {});
  /// Answers with an ETag, or with 304 if the client has this version.
  void answer_version(const std::string& tag, const json& body);
  void answer_empty(unsigned status);
  void answer_text(std::string_view type, std::string text, http::fields fields = {});
  void fail(const problem& refused);
  void fail(const error& failure) { fail(problem_of(failure)); }
  /// Answers 400 if there are diagnostics. Returns whether it did.
  [[nodiscard]] bool reject_if_invalid(std::vector<diagnostic> diagnostics);
  /// Answer with a stream or a WebSocket. Null if the request was answered otherwise.
  [[nodiscard]] std::shared_ptr<http::stream> answer_with_stream(
      http::response head, std::optional<std::uint64_t> length = {});
  [[nodiscard]] std::shared_ptr<http::web_socket> answer_with_web_socket();
  /// Whether the request asks for a WebSocket. Before the answer only.
  [[nodiscard]] bool wants_web_socket() const { return exchange_->wants_web_socket(); }

  /// Whether the request has been answered.
  [[nodiscard]] bool answered() const noexcept { return answered_; }
  /// Call before a long wait. Returns false, with the request refused, if the caller has too many
  /// waiting requests (`server.max_waits_per_key`).
  [[nodiscard]] bool acquire_wait_slot();
  /// Sets how a waiting request is answered before its wait is over: `answer` is called if the
  /// server stops or the client disconnects before any other answer. Set it before the wait begins.
  void set_early_answer(std::function<void()> answer);
  /// Returns a token that withdraws a query when the client disconnects before the answer. Call it
  /// at most once, not with `set_early_answer`.
  [[nodiscard]] std::stop_token withdrawn_with_client();

  /// Checks the caller again, for what lasts longer than the request; see `authenticator::recheck`.
  /// Any thread, also after the answer.
  [[nodiscard]] std::optional<problem> recheck() const { return with().auth->recheck(by_); }

  /// Sets the target in the audit log if the path does not name it.
  void set_target(std::string target) { target_ = std::move(target); }
  /// Records one of several commands of this request in the audit log.
  void audit(std::string_view what, const std::string& target, const error* failure) const;
  /// Notes that the answer has data of a run. If that is deleted, the answer is not remembered for
  /// the Idempotency-Key any longer. Before the answer, any thread.
  void concern(const std::string& id) { ticket_.concern(idempotency_run(id)); }

  /// The body of a route of `body_kind::bytes`, except for its last bytes, which are those of the
  /// request. Null: the request has no body.
  [[nodiscard]] const std::shared_ptr<blob_body>& blob() const noexcept { return blob_; }
  /// For the dispatcher.
  void set_blob(std::shared_ptr<blob_body> body) { blob_ = std::move(body); }
  /// Sets the ticket that receives the answer; for the dispatcher.
  void set_ticket(idempotency_table::ticket ticket) { ticket_ = std::move(ticket); }
  /// Sends an answer unchanged; for the dispatcher.
  void send(http::response made, std::string_view outcome, std::function<void()> lost = {});

 private:
  /// The field traceparent if it is present and valid.
  [[nodiscard]] std::optional<trace_context> trace() const;
  [[nodiscard]] bool claim_answer();
  /// Parses the body as YAML.
  [[nodiscard]] std::variant<json, problem> parse_yaml_body(const std::string& text);
  /// Answers 429 for the limit in `setting`.
  void refuse_over_limit(std::string_view what, const caller_limiter& limit,
                         std::string_view setting);
  [[nodiscard]] std::shared_ptr<void> acquire_stream_slot();
  void answer_early();

  const std::shared_ptr<const api> api_;
  const server::route& route_;
  const path_values values_;
  const caller by_;
  const pawl::scope in_;
  const parameters query_;
  http::request request_;
  std::shared_ptr<http::exchange> exchange_;  ///< released when the request is answered
  std::string target_;
  idempotency_table::ticket ticket_;
  std::atomic<bool> answered_{false};
  std::atomic<std::uint64_t> waiting_id_{0};  ///< id in `waiting_calls`
  std::shared_ptr<void> wait_slot_;           ///< held while the request waits
  std::shared_ptr<blob_body> blob_;
  std::optional<yaml_document> yaml_;  ///< the body that was taken, if it was YAML
};

/// The ETag of a run, its checkpoint: `"17"`.
[[nodiscard]] std::string run_tag(const run_view& run);

/// The cursor of the next page; null on the last page.
[[nodiscard]] inline json next_page(const std::string& cursor) {
  return cursor.empty() ? json(nullptr) : json(cursor);
}

/// A callback that answers a request with the outcome of an engine's call.
template <class T>
[[nodiscard]] callback<T> answer_with(call_ptr request) {
  return [request = std::move(request)](result<T> outcome) {
    if (!outcome) return request->fail(outcome.error());
    request->answer(200, to_json(*outcome));
  };
}

}  // namespace pawl::server
