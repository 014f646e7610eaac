#include "bench/remote_worker.hpp"

#include <algorithm>
#include <utility>

namespace pawl::bench {
namespace {

constexpr int polling_connections = 4;
constexpr int answering_connections = 4;

}  // namespace

remote_worker::remote_worker(remote_subject& server) : at_(server.address()) {
  server.on_thread([&] {
    for (int i = 0; i < answering_connections; ++i)
      answerers_.push_back(std::make_unique<http_peer>(server.context(), at_));
    for (int i = 0; i < polling_connections; ++i) {
      pollers_.push_back(std::make_unique<http_peer>(server.context(), at_));
      poll(*pollers_.back());
    }
  });
}

double remote_worker::tasks_per_poll() const noexcept {
  return static_cast<double>(tasks_) / static_cast<double>(std::max<std::uint64_t>(polls_, 1));
}

void remote_worker::poll(http_peer& by) {
  const json wanted{
      {"worker", "bench"}, {"functions", {function}}, {"max", 100}, {"wait_ms", 20'000}};
  by.send(post_request(at_, "/v1/tasks/poll", wanted.dump()),
          [this, &by](unsigned status, std::string_view body) {
            if (status != 200) {
              ++errors_;
              if (status != 0) poll(by);
              return;
            }
            poll(by);
            ++polls_;
            complete(json::parse(body).at("tasks"));
          });
}

void remote_worker::complete(const json& tasks) {
  if (tasks.empty()) return;
  tasks_ += tasks.size();
  json items = json::array();
  for (const auto& task : tasks) {
    items.push_back(
        {{"task", task.at("task")}, {"lease", task.at("lease")}, {"result", task.at("args")}});
  }
  const json said{{"items", std::move(items)}};
  answerers_[next_++ % answerers_.size()]->send(
      post_request(at_, "/v1/batch/complete", said.dump()),
      [this, sent = tasks.size()](unsigned status, std::string_view body) {
        if (status != 200) {
          errors_ += sent;
          return;
        }
        const json answer = json::parse(body);
        for (const auto& each : answer.at("results"))
          if (!each.at("ok").get<bool>()) ++errors_;
      });
}

}  // namespace pawl::bench
