#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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
#include "server/problem.hpp"
#include "server/views.hpp"

namespace pawl::server {

/// What the routes are, and work with. Immutable.
struct api {
  services with;
  router routes;
};

/// One request on its way: what it asks, and the one answer to it. Lives until it is answered; held
/// by whoever is to answer. What it gives is constant but for the body, which one thread takes.
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
  /// Flows and runs of the caller's scope.
  [[nodiscard]] const pawl::scope& in() const noexcept { return in_; }
  [[nodiscard]] const parameters& query() const noexcept { return query_; }
  [[nodiscard]] const http::request& request() const noexcept { return request_; }
  /// The value of a `{name}` segment of the pattern.
  [[nodiscard]] const std::string& segment(std::string_view name) const;
  /// The segment `{id}`.
  [[nodiscard]] run_id run() const { return run_id{segment("id")}; }

  /// The body as JSON, taken out. An empty one is an empty object where the route has it so. If it
  /// cannot be read the request is answered, and there is none.
  [[nodiscard]] std::optional<json> take_body();
  /// A text that the client sent, as JSON, or why it is none.
  [[nodiscard]] std::variant<json, problem> parse(const std::string& text,
                                                  std::string_view what) const;
  /// The field Idempotency-Key, or "".
  [[nodiscard]] std::string idempotency_key() const;
  /// The field traceparent, if there is one and it is good.
  [[nodiscard]] std::optional<trace_context> trace() const;
  [[nodiscard]] if_match precondition() const;

  // Exactly one of these is called, once; of further ones the first stands.

  /// `lost`: called if the answer does not come to the caller, as far as that is noticed; also if
  /// somebody has answered before.
  void answer(unsigned status, const json& body, http::fields fields = {},
              std::function<void()> lost = {});
  /// With an ETag, or 304 where the caller has that version.
  void answer_version(const std::string& tag, const json& body);
  void answer_empty(unsigned status);
  void answer_text(std::string_view type, std::string text, http::fields fields = {});
  void fail(const problem& refused);
  void fail(const error& failure) { fail(problem_of(failure)); }
  /// Refuses the request if there are diagnostics, and says whether there were.
  [[nodiscard]] bool refused(std::vector<diagnostic> diagnostics);
  /// The answer as a stream, or as a WebSocket; null if there is none.
  [[nodiscard]] std::shared_ptr<http::stream> answer_with_stream(http::response head);
  [[nodiscard]] std::shared_ptr<http::web_socket> answer_with_web_socket();
  /// Whether a WebSocket is asked for. Before the answer only.
  [[nodiscard]] bool wants_web_socket() const { return exchange_->wants_web_socket(); }

  /// Whether one of these was called.
  [[nodiscard]] bool answered() const noexcept { return answered_; }
  /// To be called for a request that is going to wait for long, before it begins anything. False:
  /// its caller has as many of these as he may, and the request was refused.
  [[nodiscard]] bool may_wait();
  /// Of such a request: `answer` is to answer it with what there is. Called when the server stops
  /// or the caller is gone, if nobody has answered before. To be set before anybody can answer.
  void when_cut_short(std::function<void()> answer);

  /// Names what the command is about in the audit log, where its path does not.
  void about(std::string target) { target_ = std::move(target); }
  /// Notes a command in the audit log that is one of several of this request.
  void note(std::string_view what, const std::string& target, const error* failure) const;

  /// Tells the table of repeated requests what this one is answered; for the dispatcher.
  void answers_repeats(idempotency_table::ticket ticket) { ticket_ = std::move(ticket); }
  /// Sends an answer as it is; for the dispatcher.
  void send(http::response made, std::string_view outcome, std::function<void()> lost = {});

 private:
  [[nodiscard]] bool take_turn();
  /// Refuses the request for a limit that the setting of this name is.
  void refuse_more(std::string_view what, const caller_places& limit, std::string_view setting);
  [[nodiscard]] std::shared_ptr<void> take_stream_place();
  void cut_short();

  const std::shared_ptr<const api> api_;
  const server::route& route_;
  const path_values values_;
  const caller by_;
  const pawl::scope in_;
  const parameters query_;
  http::request request_;
  std::shared_ptr<http::exchange> exchange_;  ///< let go of when it is answered
  std::string target_;
  idempotency_table::ticket ticket_;
  std::atomic<bool> answered_{false};
  std::atomic<std::uint64_t> waits_{0};  ///< among the waiting calls
  std::shared_ptr<void> place_;          ///< of a request that waits; until it is answered
};

/// A run's version as ETag has it: `"17"`.
[[nodiscard]] std::string run_tag(const run_view& run);

/// The cursor of the next page as a list shows it: null on the last.
[[nodiscard]] inline json next_page(const std::string& cursor) {
  return cursor.empty() ? json(nullptr) : json(cursor);
}

/// Where the outcome of an engine's call goes that is answered as it is.
template <class T>
[[nodiscard]] callback<T> answering(call_ptr request) {
  return [request = std::move(request)](result<T> outcome) {
    if (!outcome) return request->fail(outcome.error());
    request->answer(200, to_json(*outcome));
  };
}

}  // namespace pawl::server
