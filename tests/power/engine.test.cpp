// A whole engine on a disk that loses its power.
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <pawl/engine.hpp>

#include "tests/power/workload.hpp"
#include "tests/support/catch.hpp"

namespace {

namespace fs = std::filesystem;
using namespace pawl;
using namespace pawl::power;
using namespace std::chrono_literals;

constexpr int runs = 25;
constexpr int steps = 4;

json linear_flow() {
  json nodes = json::array(), edges = json::array();
  for (int i = 0; i < steps; ++i) {
    const std::string id = "s" + std::to_string(i);
    nodes.push_back({{"id", id}, {"type", "task"}, {"data", {{"code_ref", "t.step"}}}});
    if (i > 0) edges.push_back({{"source", "s" + std::to_string(i - 1)}, {"target", id}});
  }
  return {{"name", "linear"}, {"nodes", nodes}, {"edges", edges}};
}

using call = std::pair<std::string, int>;  // run, step

/// An engine whose steps record their calls.
class recorder {
 public:
  explicit recorder(const fs::path& folder) : engine_(settings_for(folder)) {
    REQUIRE(engine_.functions().add("t.step", [this](step_context& step) -> result<json> {
      const std::lock_guard lock{mutex_};
      calls_.emplace_back(step.run().id.str(), step.node()[1] - '0');
      count_ = calls_.size();
      return json::object();
    }));
  }

  engine& get() { return engine_; }
  /// Safe to read under the lock of the disk.
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::vector<call> calls() const {
    const std::lock_guard lock{mutex_};
    return calls_;
  }

 private:
  static settings settings_for(const fs::path& folder) {
    settings chosen;
    chosen.storage.data_dir = folder;
    chosen.log.level = log_level::error;
    return chosen;
  }

  mutable std::mutex mutex_;
  std::vector<call> calls_;
  std::atomic<std::uint64_t> count_{0};
  engine engine_;
};

/// Opens the image and lets all runs end.
void check_image(const fs::path& image, const std::vector<call>& before,
                 const std::vector<run_id>& started) {
  recorder again{image};
  const auto opened = again.get().open();
  INFO((opened ? "" : opened.error().message));
  REQUIRE(opened);
  for (const auto& id : started) {
    const auto done = again.get().wait(id, 60s);
    INFO(id.str() << ": " << (done ? "" : done.error().message));
    REQUIRE(done);
    CHECK(done->summary.status == run_status::completed);
  }
  REQUIRE(again.get().stop());
  // A step is called after the outcome of the step before it is durable.
  std::set<call> finished;
  for (const auto& [run, step] : before)
    for (int earlier = 0; earlier < step; ++earlier) finished.emplace(run, earlier);
  for (const auto& repeated : again.calls()) {
    INFO(repeated.first << " step " << repeated.second);
    CHECK_FALSE(finished.contains(repeated));
  }
}

}  // namespace

TEST_CASE(
    "after a loss of power an engine continues every answered run and repeats no finished step",
    "[power][engine]") {
  const auto seed = test_seed();
  WARN("seed " << seed << " (set PAWL_TEST_SEED to repeat it)");
  std::mt19937_64 random{seed};
  auto& d = disk::instance();
  int images = 0;
  for (int round = 0; round < 8; ++round) {
    CAPTURE(seed, round);
    const memory_folder folder;
    const fs::path live = folder.root() / "live", image = folder.root() / "image";
    fs::create_directories(live);
    d.set_boot(1);
    d.watch(live);
    std::vector<run_id> started;
    std::atomic<std::uint64_t> acknowledged{0};
    std::vector<call> calls;
    {
      recorder first{live};
      d.make_cuts(random(), 15 + random() % 20, 8,
                  [&] { return first.count() << 32 | acknowledged.load(); });
      REQUIRE(first.get().open());
      REQUIRE(first.get().put_flow(linear_flow()));
      for (int i = 0; i < runs; ++i) {
        const auto run = first.get().start("linear");
        REQUIRE(run);
        started.push_back(run->id);
        acknowledged = started.size();
      }
      for (const auto& id : started) REQUIRE(first.get().wait(id, 60s));
      REQUIRE(first.get().stop());
      calls = first.calls();
    }
    for (const auto& at : d.stop()) {
      const auto what = std::array{loss::power, loss::late_power, loss::process}[random() % 3];
      build_image(at, what, random, image);
      if (!fs::exists(image / "PAWL")) continue;  // before the store was created
      d.set_boot(what == loss::process ? 1 : 2);
      const auto called = static_cast<std::ptrdiff_t>(at.acknowledged >> 32);
      const auto answered = static_cast<std::ptrdiff_t>(at.acknowledged & 0xffffffffU);
      check_image(image, {calls.begin(), calls.begin() + called},
                  {started.begin(), started.begin() + answered});
      ++images;
    }
  }
  d.set_boot(std::nullopt);
  CHECK(images > 30);
}
