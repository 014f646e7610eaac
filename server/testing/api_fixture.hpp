#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include <pawl/engine.hpp>

#include "server/api/call.hpp"
#include "server/api/caller_limiter.hpp"
#include "server/api/dispatcher.hpp"
#include "server/api/idempotency.hpp"
#include "server/api/long_bodies.hpp"
#include "server/api/routes.hpp"
#include "server/api/waiting_calls.hpp"
#include "server/live/live_streams.hpp"
#include "server/metrics/metrics.hpp"
#include "server/old_api/uploads.hpp"
#include "server/old_api/watched_threads.hpp"
#include "server/testing/recorded_exchange.hpp"

namespace pawl::server::testing {

/// Collects audit entries.
class recorded_audit final : public audit_log {
 public:
  void record(const audit_entry& entry) override {
    const std::lock_guard lock{mutex_};
    entries_.push_back(entry);
  }
  std::vector<audit_entry> entries() {
    const std::lock_guard lock{mutex_};
    return entries_;
  }

 private:
  std::mutex mutex_;
  std::vector<audit_entry> entries_;
};

/// An answer with its parsed body.
struct answered {
  unsigned status = 0;
  http::fields fields;
  std::string text;
  json body;  ///< null if the text is not JSON

  [[nodiscard]] std::string field(std::string_view name) const {
    return std::string{fields.find(name).value_or("")};
  }
};

/// The API over an engine in memory, without sockets.
class api_fixture {
 public:
  explicit api_fixture(settings s = quiet(), bool old_api = false,
                       std::shared_ptr<flow_file_reports> watched = nullptr)
      : engine(std::move(s)), flow_files(std::move(watched)) {
    static_cast<void>(engine.functions().add("t.log", [](const json&, step_context& step) {
      step.log(log_level::info, "at work");
      return json{{"logged", true}};
    }));
    static_cast<void>(
        engine.functions().add("t.fail", [](const json&, step_context&) -> pawl::result<json> {
          return pawl::fail("card_declined", "the card was declined");
        }));
    if (auto opened = engine.open(); !opened) throw std::runtime_error(opened.error().message);
    router routes = all_routes();
    add_console_routes(routes, engine.effective_settings().server.console);
    if (old_api)
      add_old_routes(routes);
    else
      add_root_route(routes);
    api = std::make_unique<dispatcher>(
        services{
            engine, make_open_authenticator(), audit, idempotency, waits, bodies, live,
            std::make_shared<spdlog::logger>("none"),
            [] {
              return connection_counts{3, 1};
            },
            std::make_shared<metrics>(), [](readings&) {},
            std::make_shared<caller_limiter>(
                engine.effective_settings().server.max_streams_per_key),
            std::make_shared<caller_limiter>(engine.effective_settings().server.max_waits_per_key),
            std::make_shared<watched_threads>(),
            std::make_shared<upload_folder>(
                std::filesystem::temp_directory_path() / "pawl-no-uploads", 0),
            flow_files},
        std::move(routes));
  }
  ~api_fixture() {
    bodies->stop();
    live->stop();
  }

  static settings quiet() {
    settings s;
    s.log.level = log_level::error;
    return s;
  }

  /// Starts a request; its answer arrives at the exchange.
  std::shared_ptr<recorded_exchange> begin(const std::string& method, const std::string& target,
                                           const std::string& body = "", http::fields fields = {},
                                           bool socket = false) {
    http::request request;
    request.method = method;
    const auto mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != target.npos) request.query = target.substr(mark + 1);
    request.fields = std::move(fields);
    request.fields.add("Host", "127.0.0.1:7717");
    if (!body.empty() && !request.fields.find("Content-Type"))
      request.fields.add("Content-Type", "application/json");
    request.body = body;
    request.peer = "127.0.0.1";
    request.loopback = true;
    request.id = "test-1";
    auto exchange = std::make_shared<recorded_exchange>(socket);
    api->handle(std::move(request), exchange);
    return exchange;
  }

  answered call(const std::string& method, const std::string& target, const std::string& body = "",
                http::fields fields = {}) {
    const auto exchange = begin(method, target, body, std::move(fields));
    auto answer = exchange->wait();
    answered seen{answer.status, answer.fields, answer.body, nullptr};
    if (json::accept(answer.body)) seen.body = json::parse(answer.body);
    return seen;
  }
  answered get(const std::string& target) { return call("GET", target); }
  answered post(const std::string& target, const json& body = json::object(),
                http::fields fields = {}) {
    return call("POST", target, body.dump(), std::move(fields));
  }

  /// Stores a flow with a sequence of nodes.
  void put(const std::string& name, const std::vector<json>& nodes) {
    json definition{{"name", name}, {"nodes", nodes}, {"edges", json::array()}};
    for (std::size_t i = 1; i < nodes.size(); ++i)
      definition["edges"].push_back({{"source", nodes[i - 1]["id"]}, {"target", nodes[i]["id"]}});
    const auto stored = engine.put_flow(definition);
    if (!stored) throw std::runtime_error(stored.error().message);
  }
  static json task(const std::string& id, const std::string& code_ref) {
    return {{"id", id}, {"type", "task"}, {"data", {{"code_ref", code_ref}}}};
  }
  static json signal(const std::string& id, const std::string& type) {
    return {{"id", id}, {"type", "signal"}, {"data", {{"name", type}}}};
  }

  pawl::engine engine;
  std::shared_ptr<flow_file_reports> flow_files;
  std::shared_ptr<recorded_audit> audit = std::make_shared<recorded_audit>();
  std::shared_ptr<idempotency_table> idempotency =
      std::make_shared<idempotency_table>(idempotency_table::limits{});
  std::shared_ptr<subscription> deletions = forget_deleted_runs(engine, idempotency);
  std::shared_ptr<waiting_calls> waits = std::make_shared<waiting_calls>();
  std::shared_ptr<long_bodies> bodies = std::make_shared<long_bodies>();
  std::shared_ptr<live_streams> live = std::make_shared<live_streams>();
  std::unique_ptr<dispatcher> api;
};

}  // namespace pawl::server::testing
