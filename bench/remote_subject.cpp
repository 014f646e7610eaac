#include "bench/remote_subject.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <future>
#include <utility>

#include "bench/failure.hpp"
#include "bench/usage.hpp"

namespace pawl::bench {
namespace {

const std::string completed_status = R"("status":"completed")";

}  // namespace

remote_subject::remote_subject(http_address at, std::size_t connections, int server_process)
    : at_(std::move(at)), process_(server_process), guard_(context_.get_executor()) {
  allow_open_files(connections + 256);
  try {
    for (std::size_t i = 0; i < connections; ++i) {
      peers_.push_back(std::make_unique<http_peer>(context_, at_));
      free_.push_back(peers_.back().get());
    }
  } catch (const boost::system::system_error& failed) {
    throw failure{errc::unavailable, "cannot connect to " + at_.host + ":" +
                                         std::to_string(at_.port) + ": " + failed.code().message()};
  }
  thread_ = std::thread{[this] { context_.run(); }};
}

remote_subject::~remote_subject() {
  stop();
}

void remote_subject::stop() {
  guard_.reset();
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void remote_subject::on_thread(const std::function<void()>& what) {
  // Shared, because the thread may still be in `set_value` when the wait ends.
  const auto ended = std::make_shared<std::promise<void>>();
  boost::asio::dispatch(context_, [&what, ended] {
    try {
      what();
      ended->set_value();
    } catch (...) {
      ended->set_exception(std::current_exception());
    }
  });
  ended->get_future().get();
}

void remote_subject::send(std::string bytes, std::string expected, done answered) {
  boost::asio::dispatch(
      context_, [this, what = request{std::move(bytes), std::move(expected),
                                      std::move(answered)}]() mutable { accept(std::move(what)); });
}

void remote_subject::accept(request what) {
  if (free_.empty()) return waiting_.push_back(std::move(what));
  http_peer& by = *free_.back();
  free_.pop_back();
  send_on(by, std::move(what));
}

void remote_subject::send_on(http_peer& by, request what) {
  const std::string bytes = std::move(what.bytes);
  by.send(bytes, [this, &by, expected = std::move(what.expected),
                  answered = std::move(what.answered)](unsigned status, std::string_view body) {
    std::string failed;
    if (status == 0) failed = "a connection to the server failed: " + std::string{body};
    if (failed.empty() && (status >= 300 || body.find(expected) == body.npos))
      failed = "the server answered " + std::to_string(status) + ": " + std::string{body};
    if (status != 0) free_.push_back(&by);
    answered(failed);
    if (waiting_.empty() || free_.empty()) return;
    request next = std::move(waiting_.front());
    waiting_.pop_front();
    accept(std::move(next));
  });
}

void remote_subject::put_flow(const json& definition) {
  await([&](done stored) {
    send(post_request(at_, "/v1/flows", definition.dump()), "", std::move(stored));
  });
}

void remote_subject::start_and_wait(const std::string& flow, done ended) {
  send(post_request(at_, "/v1/runs?wait=60s", json{{"flow", flow}, {"input", {{"n", 1}}}}.dump()),
       completed_status, std::move(ended));
}

void remote_subject::start(const std::string& flow, const std::string& id, done started) {
  const json body{{"flow", flow}, {"id", id}, {"input", {{"n", 1}}}};
  send(post_request(at_, "/v1/runs", body.dump()), id, std::move(started));
}

void remote_subject::signal(const std::string& id, done answered) {
  send(post_request(at_, "/v1/runs/" + id + "/signal", R"({"type":"go"})"), id,
       std::move(answered));
}

void remote_subject::signal_to_end(const std::string& id, done ended) {
  send(post_request(at_, "/v1/runs/" + id + "/signal", R"({"type":"go"})"), completed_status,
       std::move(ended));
}

void remote_subject::wait(const std::string& id, done ended) {
  send(get_request(at_, "/v1/runs/" + id + "?wait=60s"), completed_status, std::move(ended));
}

void remote_subject::get(const std::string& id, done read) {
  send(get_request(at_, "/v1/runs/" + id), completed_status, std::move(read));
}

std::optional<double> remote_subject::cpu_seconds() const {
  if (process_ == 0) return {};
  return own_cpu_seconds() + cpu_seconds_of(process_);
}

}  // namespace pawl::bench
