#include "benchmarks/serve_load.hpp"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cmath>
#include <future>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <pawl/engine.hpp>

#include "benchmarks/served_process.hpp"

namespace pawl::benchmark {
namespace {

using namespace std::chrono_literals;
using clock_type = load_time::clock;

constexpr int watched_runs = 10;
constexpr int polling_connections = 4;
constexpr int answering_connections = 4;

double milliseconds(clock_type::duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

/// The percentile `share` of `values`; 0 if there are none.
double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return std::round(values[static_cast<std::size_t>(at)] * 10) / 10;
}

std::string watched_run(int i) {
  return "watched-" + std::to_string(i % watched_runs);
}

/// Keeps `in_flight` runs of an engine in flight for `seconds`.
class engine_load {
 public:
  engine_load(const engine& of, int in_flight, double seconds)
      : of_(of), in_flight_(in_flight), time_(seconds), left_(in_flight) {}

  /// Returns the number of finished runs, including the warm-up.
  std::uint64_t run() {
    for (int i = 0; i < in_flight_; ++i) next();
    ended_.get_future().wait();
    return all_;
  }
  [[nodiscard]] figures& seen() noexcept { return seen_; }

 private:
  void next() {
    const auto begin = clock_type::now();
    if (begin >= time_.until) {
      if (--left_ == 0) ended_.set_value();
      return;
    }
    of_.runs().start_async("three", {{"n", 1}}, {}, [this, begin](result<run_started> started) {
      if (!started) return end(begin, started.error().message);
      of_.runs().wait_async(started->id, 60s, [this, begin](const result<run_view>& done) {
        end(begin, done ? "" : done.error().message);
      });
    });
  }

  void end(clock_type::time_point begin, const std::string& failure) {
    const auto now = clock_type::now();
    {
      const std::lock_guard lock{mutex_};
      ++all_;
      if (!failure.empty()) seen_.add_error(failure);
      if (failure.empty() && time_.counts(now))
        seen_.durations_ms.push_back(milliseconds(now - begin));
    }
    next();
  }

  const engine& of_;
  const int in_flight_;
  const load_time time_;
  std::atomic<int> left_;
  std::mutex mutex_;  ///< guards what follows
  std::uint64_t all_ = 0;
  figures seen_;
  std::promise<void> ended_;
};

}  // namespace

void figures::add_error(std::string why) {
  if (++errors == 1) first_error = std::move(why);
}

json figures::shown(const std::string& what, const char* unit) {
  json line{{"what", what},
            {unit, std::round(static_cast<double>(durations_ms.size()) / seconds)},
            {"p50_ms", percentile(durations_ms, 0.5)},
            {"p99_ms", percentile(durations_ms, 0.99)},
            {"errors", errors}};
  if (errors > 0) line["first_error"] = first_error;
  return line;
}

load_time::load_time(double seconds) {
  const auto length =
      std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
  counted_from = clock::now() + length / 10;
  until = counted_from + length;
}

json three_steps(const std::string& name, const std::string& function) {
  json nodes = json::array(), edges = json::array();
  for (int i = 0; i < 3; ++i) {
    const std::string key = "s" + std::to_string(i);
    nodes.push_back(
        {{"id", key}, {"type", "task"}, {"data", {{"code_ref", function}, {"args", {{key, i}}}}}});
    if (i > 0) edges.push_back({{"source", "s" + std::to_string(i - 1)}, {"target", key}});
  }
  return {{"name", name}, {"nodes", nodes}, {"edges", edges}};
}

json waiting_flow() {
  return {{"name", "waiting"},
          {"nodes", {{{"id", "w"}, {"type", "signal"}, {"data", {{"name", "go"}}}}}},
          {"edges", json::array()}};
}

json embedded_engine(const std::filesystem::path& data_dir, durability mode, int in_flight,
                     double seconds) {
  settings s;
  s.storage.data_dir = data_dir;
  s.storage.durability = mode;
  s.log.level = log_level::error;
  engine of{s};
  if (const auto opened = of.open(); !opened) throw std::runtime_error(opened.error().message);
  if (const auto put = of.put_flow(three_steps("three", "core.set")); !put)
    throw std::runtime_error(put.error().message);
  const double cpu = own_cpu_seconds();
  engine_load load{of, in_flight, seconds};
  const auto runs = static_cast<double>(load.run());
  load.seen().seconds = seconds;
  json line = load.seen().shown("embedded engine", "runs_per_s");
  line["in_flight"] = in_flight;
  line["cpu_us_per_run"] = std::round((own_cpu_seconds() - cpu) * 1e6 / std::max(runs, 1.0));
  return line;
}

clients::clients(boost::asio::io_context& on, std::uint16_t port, int count, std::string request,
                 std::string expected, double seconds, std::function<void()> ended)
    : request_(std::move(request)),
      expected_(std::move(expected)),
      ended_(std::move(ended)),
      time_(seconds),
      busy_(static_cast<std::size_t>(count)) {
  seen_.seconds = seconds;
  for (int i = 0; i < count; ++i) peers_.push_back(std::make_unique<http_peer>(on, port));
  for (auto& each : peers_) next(*each);
}

void clients::next(http_peer& by) {
  const auto begin = clock_type::now();
  if (begin >= time_.until) return end_one();
  by.send(request_, [this, &by, begin](unsigned status, std::string_view body) {
    const auto now = clock_type::now();
    ++answers_;
    const bool good = status == 200 && body.find(expected_) != body.npos;
    if (!good) seen_.add_error(std::to_string(status) + " " + std::string{body});
    if (good && time_.counts(now)) seen_.durations_ms.push_back(milliseconds(now - begin));
    return status == 0 ? end_one() : next(by);
  });
}

void clients::end_one() {
  if (--busy_ == 0) ended_();
}

std::string ask(std::uint16_t port, const std::string& request, unsigned expected) {
  boost::asio::io_context on;
  http_peer peer{on, port};
  std::string text;
  unsigned got = 0;
  peer.send(request, [&](unsigned status, std::string_view body) {
    got = status;
    text = body;
  });
  on.run();
  if (got == expected) return text;
  throw std::runtime_error("the server answered " + std::to_string(got) + ": " + text);
}

bystanders::bystanders(boost::asio::io_context& on, std::uint16_t port, int idle, int streams)
    : on_(on), port_(port), ended_(static_cast<std::size_t>(streams)) {
  int begun = 0;  // connections that the server has answered
  for (int i = 0; i < watched_runs && streams > 0; ++i) {
    const json start{{"flow", "waiting"}, {"id", watched_run(i)}};
    ask(port, post_request("/v1/runs", start.dump()), 201);
  }
  for (int i = 0; i < streams; ++i) {
    streams_.push_back(std::make_unique<http_peer>(on, port));
    const auto place = static_cast<std::size_t>(i);
    streams_.back()->watch(get_request("/v1/runs/" + watched_run(i) + "/events"),
                           [this, place, &begun, first = true](std::string_view came) mutable {
                             if (std::exchange(first, false)) ++begun;
                             if (came.find("event: end") == came.npos) return;
                             ended_[place] = true;
                             streams_[place]->close();
                           });
  }
  for (int i = 0; i < idle; ++i) {
    idle_.push_back(std::make_unique<http_peer>(on, port));
    idle_.back()->send(get_request("/healthz"), [&begun](unsigned, std::string_view) { ++begun; });
  }
  while (begun < idle + streams) on_.run_one_for(60s);
}

json bystanders::roll_call() {
  std::size_t answered = 0;
  for (auto& each : idle_) {
    each->send(get_request("/healthz"),
               [&](unsigned status, std::string_view) { answered += status == 200 ? 1 : 0; });
  }
  for (int i = 0; i < watched_runs && !streams_.empty(); ++i)
    ask(port_, post_request("/v1/runs/" + watched_run(i) + "/signal", R"({"type":"go"})"), 200);
  on_.restart();
  on_.run_for(60s);  // returns as soon as all are answered
  return {{"idle_connections", idle_.size()},
          {"idle_answered", answered},
          {"streams", streams_.size()},
          {"streams_ended", std::count(ended_.begin(), ended_.end(), true)}};
}

remote_worker::remote_worker(boost::asio::io_context& on, std::uint16_t port) {
  for (int i = 0; i < answering_connections; ++i)
    answerers_.push_back(std::make_unique<http_peer>(on, port));
  for (int i = 0; i < polling_connections; ++i) {
    pollers_.push_back(std::make_unique<http_peer>(on, port));
    poll(*pollers_.back());
  }
}

void remote_worker::stop() {
  for (auto& each : pollers_) each->close();
  for (auto& each : answerers_) each->close();
}

double remote_worker::tasks_per_poll() const noexcept {
  return polls_ == 0 ? 0 : static_cast<double>(tasks_) / static_cast<double>(polls_);
}

void remote_worker::poll(http_peer& by) {
  const json wanted{
      {"worker", "bench"}, {"functions", {function}}, {"max", 100}, {"wait_ms", 20'000}};
  by.send(post_request("/v1/tasks/poll", wanted.dump()),
          [this, &by](unsigned status, std::string_view body) {
            if (status == 0) return;
            poll(by);
            if (status != 200) {
              ++errors_;
              return;
            }
            ++polls_;
            const json given = json::parse(body);
            complete(given.at("tasks"));
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
      post_request("/v1/batch/complete", said.dump()),
      [this, sent = tasks.size()](unsigned status, std::string_view body) {
        if (status == 0) return;
        if (status != 200) {
          errors_ += sent;
          return;
        }
        for (const auto& each : json::parse(body).at("results"))
          if (!each.at("ok").get<bool>()) ++errors_;
      });
}

}  // namespace pawl::benchmark
