#include "server/http/listener.hpp"

#include <spdlog/logger.h>
#include <sys/resource.h>

#include <boost/asio/executor_work_guard.hpp>
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

// Descriptors for everything that is no connection: the store, files, functions.
constexpr rlim_t spare_descriptors = 256;

void warn_of_few_descriptors(const server_settings& s, spdlog::logger& logger) {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0 ||
      now.rlim_cur >= s.max_connections + spare_descriptors)
    return;
  logger.warn(
      "open files are limited to {}, which is less than server.max_connections ({}) needs; "
      "raise the limit (ulimit -n), or connections will wait",
      now.rlim_cur, s.max_connections);
}

}  // namespace

/// The threads of a listener, which end when nothing is left to do.
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

result<std::unique_ptr<listener>> listener::open(listener_parts parts) {
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
                 .message = "server.listen names no address; write one such as 127.0.0.1:7717"};
  warn_of_few_descriptors(all->settings(), all->logger());
  return std::unique_ptr<listener>{new listener{std::move(all), std::move(acceptors)}};
}

result<void> listener::reload() {
  return core_->load_tls();
}

void listener::stop(std::chrono::milliseconds time_to_finish) {
  PAWL_ASSERT(!core_->context().get_executor().running_in_this_thread(),
              "a listener is not stopped on its own threads, which it waits for");
  std::call_once(threads_->stopped, [&] {
    const auto deadline = steady_clock::now() + time_to_finish;
    core_->begin_stop();
    for (const auto& one : acceptors_) one->stop();
    for (const auto& one : core_->all()) one->drain();
    if (!core_->door().wait_until_empty(deadline)) {
      for (const auto& one : core_->all()) one->kill();
      // Nothing on the server's threads blocks, so this does not last.
      (void)core_->door().wait_until_empty(steady_clock::now() + std::chrono::hours{1});
    }
    core_->close_gate();
    threads_->finish();
  });
}

listener_numbers listener::numbers() const noexcept {
  return core_->numbers();
}

}  // namespace pawl::server::http
