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

/// What the benchmark of the server lets clients, workers and an embedded engine do.
namespace pawl::benchmark {

/// Of many requests, or runs, that were begun and ended while it counted.
struct figures {
  std::vector<double> durations_ms;
  std::uint64_t errors = 0;
  std::string first_error;
  double seconds = 0;

  void add_error(std::string why);
  /// A line to print; `unit` names the rate.
  [[nodiscard]] json shown(const std::string& what, const char* unit);
};

/// When a load begins to count, and when it ends. What comes before is the warm-up.
struct load_time {
  using clock = std::chrono::steady_clock;
  explicit load_time(double seconds);
  [[nodiscard]] bool counts(clock::time_point now) const {
    return now >= counted_from && now <= until;
  }

  clock::time_point counted_from;
  clock::time_point until;
};

/// A flow of three steps one after the other, each a call of `function` that sets a key.
[[nodiscard]] json three_steps(const std::string& name, const std::string& function);
/// A flow that waits for the signal "go".
[[nodiscard]] json waiting_flow();

/// The engine in this process, on a store in `data_dir`, with so many runs of `three_steps` in
/// flight: what the server can be held against. Prints nothing; throws `std::runtime_error`.
[[nodiscard]] json embedded_engine(const std::filesystem::path& data_dir, durability mode,
                                   int in_flight, double seconds);

/// Clients that send the same request again and again, each waiting for its answer. They begin when
/// they are made; the context has to be run.
class clients {
 public:
  /// `expected`: what the answer's body has if all is well. `ended` is called when the last client
  /// has had its last answer.
  clients(boost::asio::io_context& on, std::uint16_t port, int count, std::string request,
          std::string expected, double seconds, std::function<void()> ended);

  /// How many answers came, those of the warm-up included.
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

/// One request on a connection of its own. Throws `std::runtime_error` if the answer's status is
/// not `expected`.
std::string ask(std::uint16_t port, const std::string& request, unsigned expected);

/// Connections that stay open and ask nothing, and streams of runs in which nothing happens.
class bystanders {
 public:
  /// The server must have the flow of `waiting_flow`.
  bystanders(boost::asio::io_context& on, std::uint16_t port, int idle, int streams);

  /// Asks every idle connection something, ends the runs that are watched, and tells who noticed.
  /// Runs the context, which must have nothing else to do.
  [[nodiscard]] json roll_call();

 private:
  boost::asio::io_context& on_;
  const std::uint16_t port_;
  std::vector<std::unique_ptr<http_peer>> idle_;
  std::vector<std::unique_ptr<http_peer>> streams_;
  std::vector<bool> ended_;
};

/// A worker that asks for many tasks at once, and ends those of one answer together.
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
