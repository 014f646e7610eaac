#include "functions/http/transfer_loop.hpp"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "functions/process/fd.hpp"

namespace pawl::functions::http {
namespace {

using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

error loop_failed(const std::string& why) {
  return fail("http_failed", "cannot send HTTP requests: " + why);
}

}  // namespace

/// The loop. `transfer_loop` and its thread share it. The mutex guards what other threads write;
/// all else belongs to the thread.
class transfer_loop::core : public std::enable_shared_from_this<core> {
 public:
  explicit core(std::uint64_t memory) : memory_(memory) {}

  result<void> post(std::function<void()> task) {
    const std::lock_guard lock{mutex_};
    if (!thread_.joinable())
      if (auto started = start(); !started) return started;
    tasks_.push_back(std::move(task));
    wake();
    return {};
  }

  void close() {
    std::unique_lock lock{mutex_};
    closing_ = true;
    if (!thread_.joinable()) return;
    wake();
    lock.unlock();
    if (thread_.get_id() == std::this_thread::get_id())
      thread_.detach();
    else
      thread_.join();
  }

  void send(request what, std::shared_ptr<const policy> rules, const scope_name& scope,
            steady::time_point until, const std::stop_token& stop, callback done);
  [[nodiscard]] std::uint64_t wake_ups() const noexcept { return wake_ups_; }

 private:
  struct multi_closer {
    void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
  };
  struct running {
    request what;
    std::shared_ptr<const policy> rules;
    transfer sent;
    callback done;
    std::multimap<steady::time_point, running*>::iterator deadline;
    std::optional<std::stop_callback<std::function<void()>>> on_stop;

    running(request r, std::shared_ptr<const policy> p, body_budget& memory,
            const scope_name& scope, callback d)
        : what(std::move(r)),
          rules(std::move(p)),
          sent(what, *rules, memory, scope.str()),
          done(std::move(d)) {}
  };

  result<void> start();
  void run();
  void wake() const {
    const std::uint64_t one = 1;
    // Fails only if the counter is full, and then the thread wakes up anyway.
    static_cast<void>(::write(wake_.get(), &one, sizeof one) == 0);
  }
  /// Runs what other threads have asked for. Returns false when the loop is closed.
  bool run_tasks();
  void wait();
  void handle(const epoll_event& event);
  void end_due();
  void end_completed();
  /// Ends a transfer, whatever its state.
  void end(running& r, result<response> how);
  /// Goes on with transfers for whose bodies there is memory now.
  void resume_paused();
  /// libcurl has failed as a whole: ends all transfers and starts over.
  void check(CURLMcode code);

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int on_timer(CURLM*, long ms, void* self);

  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  std::vector<CURL*> stopped_;  ///< transfers whose stop was requested
  bool closing_ = false;
  std::thread thread_;
  unique_fd wake_;
  std::atomic<std::uint64_t> wake_ups_{0};

  unique_fd epoll_;
  std::unique_ptr<CURLM, multi_closer> multi_;
  body_budget memory_;
  std::unordered_map<CURL*, std::unique_ptr<running>> transfers_;
  std::multimap<steady::time_point, running*> deadlines_;
  std::optional<steady::time_point> curl_timer_;
};

result<void> transfer_loop::core::start() {
  wake_ = unique_fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  epoll_ = unique_fd{::epoll_create1(EPOLL_CLOEXEC)};
  epoll_event readable{};
  readable.events = EPOLLIN;
  readable.data.fd = wake_.get();
  if (!wake_ || !epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &readable) != 0)
    return loop_failed(std::strerror(errno));
  try {
    thread_ = std::thread{[self = shared_from_this()] { self->run(); }};
  } catch (const std::system_error& failure) {
    return loop_failed(failure.what());
  }
  return {};
}

void transfer_loop::core::run() {
  while (run_tasks()) {
    end_due();
    resume_paused();
    wait();
    if (curl_timer_ && *curl_timer_ <= steady::now()) {
      curl_timer_.reset();
      int left = 0;
      check(curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &left));
    }
    end_completed();
  }
  multi_.reset();
}

bool transfer_loop::core::run_tasks() {
  std::vector<std::function<void()>> tasks;
  std::vector<CURL*> stopped;
  bool closing = false;
  {
    const std::lock_guard lock{mutex_};
    tasks.swap(tasks_);
    stopped.swap(stopped_);
    closing = closing_;
  }
  for (const auto& task : tasks) task();
  for (auto* const handle : stopped)
    if (const auto found = transfers_.find(handle); found != transfers_.end())
      end(*found->second, found->second->sent.stopped());
  if (!closing) return true;
  // A callback may send another request, or post a task: it is ended in the next round.
  while (!transfers_.empty()) {
    auto& r = *transfers_.begin()->second;
    end(r, r.sent.stopped());
  }
  const std::lock_guard lock{mutex_};
  return !tasks_.empty();
}

void transfer_loop::core::wait() {
  auto until = curl_timer_;
  if (!deadlines_.empty())
    until = until ? std::min(*until, deadlines_.begin()->first) : deadlines_.begin()->first;
  int timeout = -1;
  if (until) {
    const auto left = std::chrono::ceil<milliseconds>(*until - steady::now());
    timeout = static_cast<int>(std::clamp(left, milliseconds{0}, milliseconds{60'000}).count());
  }
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), timeout);
  ++wake_ups_;
  for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
}

void transfer_loop::core::handle(const epoll_event& event) {
  if (event.data.fd == wake_.get()) {
    std::uint64_t count = 0;
    static_cast<void>(::read(wake_.get(), &count, sizeof count) == 0);
    return;
  }
  const int what = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                   ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                   ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
  int left = 0;
  check(curl_multi_socket_action(multi_.get(), event.data.fd, what, &left));
}

void transfer_loop::core::end_due() {
  while (!deadlines_.empty() && deadlines_.begin()->first <= steady::now()) {
    auto& r = *deadlines_.begin()->second;
    end(r, r.sent.timed_out());
  }
}

void transfer_loop::core::end_completed() {
  int left = 0;
  while (const auto* const message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    // `message` is invalid as soon as its handle is removed.
    const auto code = message->data.result;
    const auto found = transfers_.find(message->easy_handle);
    if (found != transfers_.end()) end(*found->second, found->second->sent.outcome(code));
  }
}

void transfer_loop::core::end(running& r, result<response> how) {
  auto* const handle = r.sent.handle();
  curl_multi_remove_handle(multi_.get(), handle);
  deadlines_.erase(r.deadline);
  auto ended = std::move(transfers_.extract(handle).mapped());
  ended->on_stop.reset();  // a later transfer may get the same handle
  {
    const std::lock_guard lock{mutex_};
    std::erase(stopped_, handle);
  }
  const auto done = std::move(ended->done);
  ended.reset();  // gives its memory back
  done(std::move(how));
}

void transfer_loop::core::resume_paused() {
  while (void* const next = memory_.next()) {
    auto& sent = *static_cast<transfer*>(next);
    const auto code = sent.resume();
    if (code == CURLE_OK) continue;
    const auto found = transfers_.find(sent.handle());
    if (found != transfers_.end()) end(*found->second, sent.outcome(code));
  }
}

void transfer_loop::core::check(CURLMcode code) {
  if (code == CURLM_OK) return;
  while (!transfers_.empty()) {
    auto& r = *transfers_.begin()->second;
    end(r, r.sent.failed(curl_multi_strerror(code)));
  }
  multi_.reset();
  curl_timer_.reset();
}

void transfer_loop::core::send(request what, std::shared_ptr<const policy> rules,
                               const scope_name& scope, steady::time_point until,
                               const std::stop_token& stop, callback done) {
  auto made =
      std::make_unique<running>(std::move(what), std::move(rules), memory_, scope, std::move(done));
  if (auto good = made->sent.prepare(); !good) return made->done(std::move(good).error());
  if (!multi_) {
    multi_.reset(curl_multi_init());
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &core::on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, static_cast<void*>(this));
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &core::on_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, static_cast<void*>(this));
  }
  auto* const handle = made->sent.handle();
  if (curl_multi_add_handle(multi_.get(), handle) != CURLM_OK)
    return made->done(made->sent.failed("cannot initialize libcurl"));
  auto& r = *transfers_.emplace(handle, std::move(made)).first->second;
  r.deadline = deadlines_.emplace(until, &r);
  r.on_stop.emplace(stop, [this, handle] {
    const std::lock_guard lock{mutex_};
    stopped_.push_back(handle);
    wake();
  });
}

int transfer_loop::core::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  const int epoll = static_cast<core*>(self)->epoll_.get();
  if (what == CURL_POLL_REMOVE) {
    // Fails if libcurl has closed the socket, which removes it, too.
    static_cast<void>(::epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nullptr) == 0);
    return 0;
  }
  epoll_event wanted{};
  wanted.events =
      ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0u) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0u);
  wanted.data.fd = socket;
  if (::epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &wanted) == 0) return 0;
  return errno == ENOENT && ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &wanted) == 0 ? 0 : -1;
}

int transfer_loop::core::on_timer(CURLM*, long ms, void* self) {
  auto& timer = static_cast<core*>(self)->curl_timer_;
  timer = ms < 0 ? std::nullopt : std::optional{steady::now() + milliseconds{ms}};
  return 0;
}

transfer_loop::transfer_loop(std::uint64_t memory) : core_(std::make_shared<core>(memory)) {}
transfer_loop::~transfer_loop() {
  core_->close();
}

result<void> transfer_loop::post(std::function<void()> task) {
  return core_->post(std::move(task));
}

void transfer_loop::send(request what, std::shared_ptr<const policy> rules, const scope_name& scope,
                         steady::time_point until, const std::stop_token& stop, callback done) {
  core_->send(std::move(what), std::move(rules), scope, until, stop, std::move(done));
}

std::uint64_t transfer_loop::wake_ups() const noexcept {
  return core_->wake_ups();
}

}  // namespace pawl::functions::http
