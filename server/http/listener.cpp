#include "server/http/listener.hpp"

#include <spdlog/logger.h>

#include <boost/asio/executor_work_guard.hpp>
#include <latch>
#include <mutex>
#include <thread>
#include <utility>

#include <pawl/assert.hpp>

#include "server/http/acceptor.hpp"
#include "server/http/connection.hpp"
#include "server/http/core.hpp"

namespace pawl::server::http {
namespace {

using std::chrono::steady_clock;

}  // namespace

/// The threads of a listener. They end when the context runs out of work.
class listener::threads {
 public:
  threads(core& of, std::uint32_t count) : work_(of.context().get_executor()) {
    for (std::uint32_t i = 0; i < count; ++i)
      running_.emplace_back([&context = of.context()] { context.run(); });
  }

  void finish() {
    work_.reset();
    running_.clear();
  }

  std::once_flag stopped;

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::jthread> running_;
};

listener::listener(std::shared_ptr<core> all, std::vector<std::shared_ptr<acceptor>> acceptors)
    : core_(std::move(all)), acceptors_(std::move(acceptors)) {
  for (const auto& one : acceptors_) {
    addresses_.push_back(to_string(one->at()));
    one->start();
  }
  threads_ = std::make_unique<threads>(*core_, core_->settings().thread_count());
}

listener::~listener() {
  stop(std::chrono::milliseconds{0});
}

result<std::unique_ptr<listener>> listener::open(listener_options parts) {
  auto all = std::make_shared<core>(std::move(parts));
  if (auto loaded = all->load_tls(); !loaded) return std::move(loaded).error();
  std::vector<std::shared_ptr<acceptor>> acceptors;
  for (const std::string& text : all->settings().listen) {
    const auto at = parse_address(text);
    if (!at) return at.error();
    auto socket = listening_socket::open(*at);
    if (!socket) return std::move(socket).error();
    acceptors.push_back(std::make_shared<acceptor>(all, *std::move(socket)));
  }
  if (acceptors.empty())
    return error{.code = errc::invalid_argument,
                 .message = "server.listen is empty; set an address such as 127.0.0.1:7717"};
  return std::unique_ptr<listener>{new listener{std::move(all), std::move(acceptors)}};
}

result<void> listener::reload() {
  return core_->load_tls();
}

void listener::stop(std::chrono::milliseconds timeout) {
  PAWL_ASSERT(!core_->context().get_executor().running_in_this_thread(),
              "stop() waits for the server's threads and must not run on one");
  std::call_once(threads_->stopped, [&] {
    const auto deadline = steady_clock::now() + timeout;
    core_->begin_stop();
    // A connection accepted after the last check would never be closed: wait for the acceptors. It
    // does not take long, because nothing on the server's threads blocks.
    std::latch accepting{static_cast<std::ptrdiff_t>(acceptors_.size())};
    for (const auto& one : acceptors_) one->stop([&] { accepting.count_down(); });
    accepting.wait();
    for (const auto& one : core_->all()) one->drain();
    if (!core_->limiter().wait_until_empty(deadline)) {
      for (const auto& one : core_->all()) one->kill();
      // Short: nothing on the server's threads blocks.
      (void)core_->limiter().wait_until_empty(steady_clock::now() + std::chrono::hours{1});
    }
    core_->close_gate();
    threads_->finish();
  });
}

listener_stats listener::stats() const noexcept {
  return core_->stats();
}

}  // namespace pawl::server::http
