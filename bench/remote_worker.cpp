#include "bench/remote_worker.hpp"

#include <algorithm>
#include <utility>

namespace pawl::bench {
namespace {

constexpr int connections = 4;

}  // namespace

remote_worker::remote_worker(remote_subject& server) : at_(server.address()) {
  server.on_thread([&] {
    for (int i = 0; i < connections; ++i) {
      peers_.push_back(std::make_unique<http_peer>(server.context(), at_));
      poll(*peers_.back(), json::array());
    }
  });
}

double remote_worker::tasks_per_poll() const noexcept {
  return static_cast<double>(tasks_) / static_cast<double>(std::max<std::uint64_t>(polls_, 1));
}

void remote_worker::poll(http_peer& by, json outcomes) {
  json wanted{{"worker", "bench"}, {"functions", {function}}, {"max", 100}, {"wait_ms", 20'000}};
  const std::size_t sent = outcomes.size();
  if (sent > 0) wanted["outcomes"] = std::move(outcomes);
  by.send(post_request(at_, "/v1/tasks/poll", wanted.dump()),
          [this, &by, sent](unsigned status, std::string_view body) {
            if (status != 200) {
              errors_ += std::max<std::size_t>(sent, 1);
              if (status != 0) poll(by, json::array());
              return;
            }
            ++polls_;
            poll(by, work_on(json::parse(body)));
          });
}

json remote_worker::work_on(const json& answer) {
  if (const auto recorded = answer.find("outcomes"); recorded != answer.end())
    for (const auto& each : *recorded)
      if (!each.at("ok").get<bool>()) ++errors_;
  json outcomes = json::array();
  for (const auto& task : answer.at("tasks")) {
    ++tasks_;
    outcomes.push_back(
        {{"task", task.at("task")}, {"lease", task.at("lease")}, {"result", task.at("args")}});
  }
  return outcomes;
}

}  // namespace pawl::bench
