#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/settings.hpp>

#include "benchmarks/http_peer.hpp"

/// The loads of the server benchmark: clients, workers and an embedded engine.
namespace pawl::benchmark {

/// The results of requests or runs that finished in the counted time.
struct figures {
  std::vector<double> durations_ms;
  std::uint64_t errors = 0;
  std::string first_error;
  double seconds = 0;

  void add_error(std::string why);
  /// The output line. `unit` is the name of the rate.
  [[nodiscard]] json shown(const std::string& what, const char* unit);
};

/// The time in which a load is counted. The warm-up comes before it.
struct load_time {
  using clock = std::chrono::steady_clock;
  explicit load_time(double seconds);
  [[nodiscard]] bool counts(clock::time_point now) const {
    return now >= counted_from && now <= until;
  }

  clock::time_point counted_from;
  clock::time_point until;
};

/// A flow of three sequential steps. Each calls `function`, which sets a key.
[[nodiscard]] json three_steps(const std::string& name, const std::string& function);
/// A flow that waits for the signal "go".
[[nodiscard]] json waiting_flow();

/// Measures an engine in this process on a store in `data_dir`, with `in_flight` runs of
/// `three_steps` in flight, as the reference for the server. Throws `std::runtime_error`.
[[nodiscard]] json embedded_engine(const std::filesystem::path& data_dir, durability mode,
                                   int in_flight, double seconds);

/// Clients that repeat one request, each waiting for the answer. They start on construction; the
/// caller runs the context.
class clients {
 public:
  /// `expected`: a part of the body of every successful answer. `ended` is called after the last
  /// answer of the last client.
  clients(boost::asio::io_context& on, std::uint16_t port, int count, std::string request,
          std::string expected, double seconds, std::function<void()> ended);

  /// The number of answers, including the warm-up.
  [[nodiscard]] std::uint64_t answers() const noexcept { return answers_; }
  [[nodiscard]] figures& seen() noexcept { return seen_; }

 private:
  void next(http_peer& by);
  void end_one();

  const std::string request_;
  const std::string expected_;
  const std::function<void()> ended_;
  const load_time time_;
  std::vector<std::unique_ptr<http_peer>> peers_;
  std::size_t busy_;
  std::uint64_t answers_ = 0;
  figures seen_;
};

/// Sends one request on a new connection. Throws `std::runtime_error` if the answer's status is
/// not `expected`.
std::string ask(std::uint16_t port, const std::string& request, unsigned expected);

/// Idle connections, and event streams of runs in which nothing happens.
class bystanders {
 public:
  /// The server must have the flow `waiting_flow`.
  bystanders(boost::asio::io_context& on, std::uint16_t port, int idle, int streams);

  /// Sends a request on every idle connection, finishes the watched runs, and returns how many of
  /// them were served. Runs the context, which must have no other work.
  [[nodiscard]] json roll_call();

 private:
  boost::asio::io_context& on_;
  const std::uint16_t port_;
  std::vector<std::unique_ptr<http_peer>> idle_;
  std::vector<std::unique_ptr<http_peer>> streams_;
  std::vector<bool> ended_;
};

/// A worker that polls for many tasks at once and completes them in one request.
class remote_worker {
 public:
  static constexpr std::string_view function = "bench.remote";

  remote_worker(boost::asio::io_context& on, std::uint16_t port);
  void stop();
  [[nodiscard]] std::uint64_t errors() const noexcept { return errors_; }
  [[nodiscard]] double tasks_per_poll() const noexcept;

 private:
  void poll(http_peer& by);
  void complete(const json& tasks);

  std::vector<std::unique_ptr<http_peer>> pollers_;
  std::vector<std::unique_ptr<http_peer>> answerers_;
  std::size_t next_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t tasks_ = 0;
  std::uint64_t polls_ = 0;
};

}  // namespace pawl::benchmark
