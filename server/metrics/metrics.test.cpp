#include "server/metrics/metrics.hpp"

#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::testing::contains;

namespace {

http::finished_request answered(std::string route, unsigned status,
                                std::chrono::nanoseconds took = std::chrono::milliseconds{3}) {
  http::finished_request one;
  one.method = "GET";
  one.route = std::move(route);
  one.status = status;
  one.duration = took;
  return one;
}

readings some_readings() {
  readings now;
  now.ready = true;
  now.runs = {{run_status::running, 7}, {run_status::failed, 2}};
  now.calls_stuck = 3;
  now.engine.commit_us.counts.resize(27);
  now.engine.sync_us.counts = {0, 1, 2};
  now.engine.sync_us.count = 4;
  now.engine.sync_us.sum = 1'000'010;
  return now;
}

/// The metrics declared in a text: name to type.
std::map<std::string, std::string> declared(const std::string& text) {
  std::map<std::string, std::string> found;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string hash, keyword, name, type;
    if (words >> hash >> keyword >> name >> type && hash == "#" && keyword == "TYPE")
      CHECK(found.emplace(name, type).second);
  }
  return found;
}

std::map<std::string, std::string> documented() {
  std::ifstream in{pawl::testing::source_dir() / "docs" / "metrics.md"};
  REQUIRE(in);
  static const std::regex row{R"(\| `([a-z0-9_]+)` \| (gauge|counter|histogram) \|.*)"};
  std::map<std::string, std::string> found;
  for (std::string line; std::getline(in, line);)
    if (std::smatch match; std::regex_match(line, match, row))
      CHECK(found.emplace(match[1], match[2]).second);
  return found;
}

}  // namespace

TEST_CASE("docs/metrics.md lists exactly the exported metrics with their types") {
  metrics all;
  all.observe(answered("/v1/runs", 200));
  CHECK(declared(all.text({})) == documented());
}

TEST_CASE("The metrics pass promtool's checks") {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    WARN("promtool is not installed (package prometheus): the text is not checked");
    return;
  }
  metrics all;
  all.observe(answered("/v1/runs/{id}", 200));
  all.observe(answered("", 404));
  std::FILE* const tool = ::popen("promtool check metrics", "w");
  REQUIRE(tool != nullptr);
  const std::string text = all.text(some_readings());
  CHECK(std::fwrite(text.data(), 1, text.size(), tool) == text.size());
  CHECK(::pclose(tool) == 0);
}

TEST_CASE("Requests are counted by route, method and status") {
  metrics all;
  for (int i = 0; i < 3; ++i) all.observe(answered("/v1/runs/{id}", 200));
  all.observe(answered("/v1/runs/{id}", 404));
  const std::string text = all.text({});
  CHECK(contains(text, R"(method="GET",route="/v1/runs/{id}",status="200"} 3)"));
  CHECK(contains(text, R"(method="GET",route="/v1/runs/{id}",status="404"} 1)"));
  CHECK(contains(text, R"(_seconds_bucket{method="GET",route="/v1/runs/{id}",le="0.0025"} 0)"));
  CHECK(contains(text, R"(_seconds_bucket{method="GET",route="/v1/runs/{id}",le="0.005"} 4)"));
}

TEST_CASE("Streams are counted but excluded from request durations") {
  metrics all;
  auto stream = answered("/v1/events", 200, std::chrono::hours{5});
  stream.streamed = true;
  all.observe(stream);
  const std::string text = all.text({});
  CHECK(contains(text, R"(route="/v1/events",status="200"} 1)"));
  CHECK(contains(text, R"(duration_seconds_count{method="GET",route="/v1/events"} 0)"));
}

TEST_CASE("Unknown methods and routes do not create time series") {
  metrics all;
  for (int i = 0; i < 100; ++i) {
    auto odd = answered("", 405);
    odd.method = "M" + std::to_string(i);
    all.observe(odd);
  }
  const std::string text = all.text({});
  CHECK(contains(text, R"(method="OTHER",route="unmatched",status="405"} 100)"));
  CHECK_FALSE(contains(text, "M1"));
}

TEST_CASE("Readings are exported unchanged") {
  const std::string text = metrics{}.text(some_readings());
  CHECK(contains(text, "\npawl_ready 1\n"));
  CHECK(contains(text, "\npawl_runs{status=\"running\"} 7\n"));
  CHECK(contains(text, "\npawl_executor_calls{state=\"stuck\"} 3\n"));
  CHECK(contains(text, "pawl_store_sync_duration_seconds_bucket{le=\"2e-06\"} 1\n"));
  CHECK(contains(text, "pawl_store_sync_duration_seconds_bucket{le=\"4e-06\"} 3\n"));
  CHECK(contains(text, "pawl_store_sync_duration_seconds_bucket{le=\"+Inf\"} 4\n"));
  CHECK(contains(text, "pawl_store_sync_duration_seconds_count 4\n"));
  CHECK(contains(text, "pawl_store_sync_duration_seconds_sum 1.00001\n"));
  CHECK(contains(text, "pawl_commit_duration_seconds_bucket{le=\"0.000512\"} 0\n"));
  CHECK(contains(text, "pawl_commit_duration_seconds_bucket{le=\"67.108864\"} 0\n"));
}

TEST_CASE("The process metrics match the system") {
  const std::string text = metrics{}.text({});
  const auto value = [&](const std::string& name) {
    const auto at = text.find("\n" + name + " ");
    REQUIRE(at != text.npos);
    return std::stod(text.substr(at + name.size() + 2));
  };
  CHECK(value("process_resident_memory_bytes") > 1 << 20);
  CHECK(value("process_open_fds") >= 3);
  CHECK(value("process_max_fds") >= value("process_open_fds"));
  CHECK(value("process_cpu_seconds_total") >= 0);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(value("process_start_time_seconds") <= now + 2);
  CHECK(value("process_start_time_seconds") > now - 24 * 3600);
}

TEST_CASE("Requests of several threads are counted while metrics are read") {
  metrics all;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&all, t] {
      for (int i = 0; i < 1000; ++i)
        all.observe(answered("/r" + std::to_string((t + i) % 10), 200));
    });
  }
  for (int i = 0; i < 20; ++i) static_cast<void>(all.text({}));
  for (auto& each : threads) each.join();
  const std::string text = all.text({});
  for (int i = 0; i < 10; ++i)
    CHECK(contains(text, "route=\"/r" + std::to_string(i) + "\",status=\"200\"} 400"));
}

TEST_CASE("The size of a folder is the size of its files") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("pawl-metrics-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream{folder / "a"} << std::string(1000, 'x');
  std::ofstream{folder / "b"} << "12";
  CHECK(bytes_in_folder(folder) == 1002);
  std::filesystem::remove_all(folder);
  CHECK(bytes_in_folder(folder) == 0);
}

TEST_CASE("the size of a folder is cached for a few seconds", "[metrics]") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("pawl-folder-size-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream{folder / "a"} << std::string(10, 'x');
  folder_size::clock::time_point now{};
  folder_size size{folder, [&] { return now; }};
  CHECK(size.bytes() == 10);
  std::ofstream{folder / "b"} << "12";
  now += folder_size::max_age - std::chrono::milliseconds{1};
  CHECK(size.bytes() == 10);
  now += std::chrono::milliseconds{1};
  CHECK(size.bytes() == 12);
  std::filesystem::remove_all(folder);
}
