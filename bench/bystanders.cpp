#include "bench/bystanders.hpp"

#include <boost/system/system_error.hpp>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "bench/failure.hpp"
#include "bench/flows.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t watched_runs = 10;
constexpr auto longest_answer = 60s;

void wait_until_true(const std::function<bool()>& what, const char* missing) {
  const auto end = clock_type::now() + longest_answer;
  while (!what()) {
    if (clock_type::now() > end) throw failure{errc::timed_out, missing};
    std::this_thread::sleep_for(1ms);
  }
}

}  // namespace

bystanders::bystanders(remote_subject& server, std::size_t idle, std::size_t streams)
    : server_(server), name_("watched-" + unique_text() + "-") {
  if (streams > 0) {
    server_.put_flow(waiting_flow("watched"));
    static_cast<void>(all_of(watched_runs,
                             [&](std::size_t i, done ended) {
                               server_.start("watched", name_ + std::to_string(i),
                                             std::move(ended));
                             },
                             {.in_flight = 1}));
  }
  try {
    server_.on_thread([&] { begin(idle, streams); });
  } catch (const boost::system::system_error& failed) {
    throw failure{errc::unavailable,
                  "the server accepts no further connection: " + failed.code().message()};
  }
  wait_until_true([&] { return begun_ == idle + streams; },
                  "the server does not answer all idle connections and streams");
}

void bystanders::begin(std::size_t idle, std::size_t streams) {
  for (std::size_t i = 0; i < streams; ++i) watch(i);
  for (std::size_t i = 0; i < idle; ++i) {
    idle_.push_back(std::make_unique<http_peer>(server_.context(), server_.address()));
    idle_.back()->send(get_request(server_.address(), "/healthz"),
                       [this](unsigned, std::string_view) { ++begun_; });
  }
}

void bystanders::watch(std::size_t place) {
  streams_.push_back(std::make_unique<http_peer>(server_.context(), server_.address()));
  const std::string run = name_ + std::to_string(place % watched_runs);
  streams_.back()->watch(get_request(server_.address(), "/v1/runs/" + run + "/events"),
                         [this, place, first = true](std::string_view came) mutable {
                           if (std::exchange(first, false)) ++begun_;
                           if (came.find("event: end") == came.npos) return;
                           ++ended_;
                           streams_[place]->close();
                         });
}

void bystanders::roll_call() {
  server_.on_thread([this] {
    for (auto& each : idle_) {
      each->send(get_request(server_.address(), "/healthz"),
                 [this](unsigned status, std::string_view) { answered_ += status == 200 ? 1 : 0; });
    }
  });
  if (!streams_.empty()) {
    static_cast<void>(all_of(watched_runs,
                             [&](std::size_t i, done ended) {
                               server_.signal_to_end(name_ + std::to_string(i), std::move(ended));
                             },
                             {.in_flight = 1}));
  }
  wait_until_true([this] { return answered_ == idle_.size() && ended_ == streams_.size(); },
                  "idle connections or streams were not served at the end of the load");
}

}  // namespace pawl::bench
