#include "server/http/acceptor.hpp"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "server/http/connection.hpp"
#include "server/http/problem.hpp"
#include "server/http/tls.hpp"

namespace pawl::server::http {
namespace {

// Others on this thread get their turn in between.
constexpr int max_taken_at_once = 64;
// When the system has no descriptor left: connections wait in its queue meanwhile.
constexpr std::chrono::milliseconds pause_without_descriptors{100};
constexpr std::chrono::milliseconds time_to_read_refusal{500};
constexpr std::size_t max_turned_away = 64;

std::string refusal_bytes(const refusal& why) {
  const response answer = to_problem(why, "");
  std::string bytes = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  bytes.append(reason_of(answer.status)).append("\r\nConnection: close\r\n");
  for (const auto& field : answer.fields)
    bytes.append(field.name).append(": ").append(field.value).append("\r\n");
  return bytes + "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
}

/// What a connection beyond the limits is told.
const std::string& told(admission why) {
  static const std::string in_all = refusal_bytes(
      {503, "unavailable", "the server has as many connections as it may; try again later"});
  static const std::string of_peer =
      refusal_bytes({429, "too_many_requests", "this address has as many connections as it may"});
  return why == admission::too_many ? in_all : of_peer;
}

boost::asio::generic::stream_protocol protocol_of(const address& at) {
  if (at.is_unix()) return {AF_UNIX, 0};
  return {at.host.find(':') != at.host.npos ? AF_INET6 : AF_INET, 0};
}

}  // namespace

acceptor::acceptor(std::shared_ptr<core> all, listening_socket from)
    : core_(std::move(all)),
      at_(from.at()),
      strand_(boost::asio::make_strand(core_->context().get_executor())),
      from_(std::make_unique<listening_socket>(std::move(from))),
      ready_(strand_),
      resume_(strand_),
      close_next_(strand_) {}

void acceptor::start() {
  // Asio closes what it is given, so it gets a descriptor of its own.
  error_code failed;
  ready_.assign(::fcntl(from_->fd(), F_DUPFD_CLOEXEC, 3), failed);
  if (failed) {
    core_->logger().error("cannot wait for connections on {}: {}", to_string(at_),
                          failed.message());
    return;
  }
  wait();
}

void acceptor::stop() {
  core_->run_on(strand_, [self = shared_from_this()] {
    error_code ignored;
    self->ready_.close(ignored);
    self->resume_.cancel();
    self->close_next_.cancel();
    self->turned_away_.clear();
    self->from_.reset();
  });
}

void acceptor::wait() {
  ready_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [self = shared_from_this()](const error_code& failed) {
                      if (!failed && self->from_) self->take_all();
                    });
}

void acceptor::take_all() {
  for (int taken = 0; taken < max_taken_at_once; ++taken) {
    peer who;
    functions::unique_fd fd = accept_one(*from_, who);
    if (!fd && errno == EINTR) continue;
    if (!fd && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
      return pause(errno);
    // Also a connection that ended before it was taken: the next one is waited for.
    if (!fd) break;
    warned_ = false;
    take(std::move(fd), who);
  }
  wait();
}

void acceptor::pause(int number) {
  if (!std::exchange(warned_, true))
    core_->logger().warn("no more connections can be taken: {}; raise the limit of open files",
                         std::generic_category().message(number));
  resume_.expires_after(pause_without_descriptors);
  resume_.async_wait([self = shared_from_this()](const error_code& failed) {
    if (!failed && self->from_) self->take_all();
  });
}

void acceptor::take(functions::unique_fd fd, const peer& who) {
  const bool counted = !who.loopback;
  const auto admitted = core_->door().admit(who.name, counted);
  if (admitted != admission::admitted) return turn_away(std::move(fd), admitted);
  core_->count_accepted();
  stream_socket socket{boost::asio::make_strand(core_->context().get_executor())};
  error_code failed;
  socket.assign(protocol_of(at_), fd.get(), failed);
  if (failed) return core_->leave(nullptr, who.name, counted);
  (void)fd.release();
  const auto tls = at_.is_unix() ? nullptr : core_->tls();
  auto over = tls ? tls->make_channel(std::move(socket)) : make_plain_channel(std::move(socket));
  std::make_shared<connection>(core_, std::move(over), who, counted)->start();
}

void acceptor::turn_away(functions::unique_fd fd, admission why) {
  core_->count_refused();
  if (!at_.is_unix() && core_->tls()) return;
  const std::string& bytes = told(why);
  // A fresh connection has room for these; if not, it is closed without.
  (void)::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(fd.get(), SHUT_WR);
  const bool is_first = turned_away_.empty();
  if (turned_away_.size() == max_turned_away) turned_away_.pop_front();
  turned_away_.emplace_back(std::chrono::steady_clock::now() + time_to_read_refusal, std::move(fd));
  if (is_first) close_turned_away();
}

void acceptor::close_turned_away() {
  const auto now = std::chrono::steady_clock::now();
  while (!turned_away_.empty() && turned_away_.front().first <= now) turned_away_.pop_front();
  if (turned_away_.empty()) return;
  close_next_.expires_at(turned_away_.front().first);
  close_next_.async_wait([self = shared_from_this()](const error_code& failed) {
    if (!failed) self->close_turned_away();
  });
}

}  // namespace pawl::server::http
