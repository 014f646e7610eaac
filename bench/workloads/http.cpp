#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "bench/bystanders.hpp"
#include "bench/failure.hpp"
#include "bench/flows.hpp"
#include "bench/remote_subject.hpp"
#include "bench/remote_worker.hpp"
#include "bench/served_process.hpp"
#include "bench/usage.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

constexpr std::size_t http_steps = 3;

/// A server, its clients, and what else is connected to it.
class served {
 public:
  explicit served(const round& with) {
    // Both processes need the connections, which the child inherits the limit for.
    allow_open_files(with.idle + with.streams + with.in_flight + 1'024);
    if (!with.server) {
      process_.emplace(with.program, with.settings,
                       std::vector<std::string>{"server.idle_timeout_ms=1h"});
    }
    on_ = std::make_unique<remote_subject>(with.server ? *with.server : process_->address(),
                                           with.in_flight, process_ ? process_->process() : 0);
    if (with.idle + with.streams > 0) others_.emplace(*on_, with.idle, with.streams);
  }
  ~served() {
    if (on_) on_->stop();
  }
  served(const served&) = delete;
  served& operator=(const served&) = delete;

  [[nodiscard]] remote_subject& on() noexcept { return *on_; }
  void start_worker() { worker_.emplace(*on_); }

  [[nodiscard]] measurement measure(const round& with) {
    const auto op = [this](done ended) { on_->start_and_wait("http", std::move(ended)); };
    warm_up(with, op);
    const double own = own_cpu_seconds();
    measurement seen = measure_work(*on_, 1, [&] { return run_load(with, op); });
    const double own_us = (own_cpu_seconds() - own) * 1e6 / std::max(seen.items, 1.0);
    if (process_) seen.figures.emplace_back("server_bytes", resident_bytes(process_->process()));
    seen.figures.emplace_back("client_cpu_us_per_run", own_us);
    if (worker_) check_worker(seen);
    if (others_ && !with.stopped()) others_->roll_call();
    return seen;
  }

 private:
  void check_worker(measurement& seen) {
    seen.figures.emplace_back("tasks_per_poll", worker_->tasks_per_poll());
    if (worker_->errors() == 0) return;
    throw failure{errc::unavailable, "the server refused " + std::to_string(worker_->errors()) +
                                         " polls or results of the worker"};
  }

  std::optional<served_process> process_;
  std::unique_ptr<remote_subject> on_;
  std::optional<bystanders> others_;
  std::optional<remote_worker> worker_;
};

measurement measure_local(const round& with) {
  served server{with};
  server.on().put_flow(linear_flow("http", http_steps, "core.set", {{"s", 1}}));
  return server.measure(with);
}

measurement measure_worker(const round& with) {
  served server{with};
  server.on().put_flow(
      linear_flow("http", http_steps, std::string{remote_worker::function}, {{"s", 1}}));
  server.start_worker();
  return server.measure(with);
}

constexpr std::size_t http_clients = 200;

}  // namespace

const workload http_3{.name = "http-3",
                      .description = "Runs of 3 steps over HTTP; the server executes the steps.",
                      .unit = "runs",
                      .latency_of = "request",
                      .in_flight = http_clients,
                      .takes_rate = true,
                      .takes_server = true,
                      .uses_http = true,
                      .measure = measure_local};

const workload http_3_worker{
    .name = "http-3-worker",
    .description = "Runs of 3 steps over HTTP; a worker in this process executes the steps.",
    .unit = "runs",
    .latency_of = "request",
    .in_flight = http_clients,
    .takes_rate = true,
    .takes_server = true,
    .uses_http = true,
    .measure = measure_worker};

}  // namespace pawl::bench
