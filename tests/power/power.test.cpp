// Thousands of folders as a loss of power can leave them: each opens as what was promised.
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/power/workload.hpp"
#include "tests/support/catch.hpp"

namespace {

namespace fs = std::filesystem;
using namespace pawl;
using namespace pawl::power;
using persistence::durability;
using persistence::open_rocksdb_store;
using persistence::rocksdb_options;

const char* to_text(loss what) {
  switch (what) {
    case loss::process:
      return "death of the process";
    case loss::power:
      return "loss of power";
    case loss::late_power:
      return "loss of power after all bytes were written";
    case loss::bytes_only:
      return "loss of unsynced bytes without a restart of the machine";
  }
  return "";
}

/// What a round starts with.
struct base {
  fs::path folder;  ///< empty: none
  std::uint64_t boot = 0;
  std::uint64_t records = 0;
};

/// Repeats: open a store, write to it while cuts are made, and build images from the cuts. The next
/// round continues on one of the images, so losses follow each other, also during recovery.
class power_test {
 public:
  power_test(durability mode, std::uint64_t seed) : mode_(mode), seed_(seed), random_(seed) {}

  void run(int images) {
    fs::create_directories(live_);
    while (images_ < images) round();
    disk::instance().set_boot(std::nullopt);
    WARN(images_ << " images of " << cuts_ << " cuts in " << rounds_ << " rounds, " << lost_records_
                 << " unpromised records lost");
    CHECK(lost_records_ > 0);  // otherwise the images lose nothing and the test shows nothing
  }

 private:
  void round() {
    CAPTURE(seed_, rounds_);
    const auto cuts = make_cuts();
    ++rounds_;
    cuts_ += static_cast<int>(cuts.size());
    const std::size_t chosen = random_() % (cuts.size() + 1);
    base next{{}, boot_, 0};
    for (std::size_t c = 0; c < cuts.size(); ++c) {
      for (int i = 0; i < 3; ++i) check_image(cuts[c]);
      if (c != chosen || random_() % 4 == 0) continue;
      fs::rename(image_, next_);
      next = {next_, image_boot_, image_count_};
    }
    fs::remove_all(live_);
    if (next.folder.empty()) {
      fs::create_directories(live_);
    } else {
      fs::rename(next.folder, live_);
    }
    boot_ = next.boot;
    from_ = next.records;
  }

  /// Opens the store in `live_`, writes to it and closes it.
  std::vector<cut> make_cuts() {
    auto& d = disk::instance();
    d.set_boot(boot_);
    d.watch(live_);
    load_.reset(from_);
    d.make_cuts(random_(), 20 + random_() % 60, 12, [this] { return load_.acknowledged(); });
    {
      auto opened = open_rocksdb_store(live_, options());
      INFO((opened ? "" : opened.error().message));
      REQUIRE(opened);
      const auto count = count_records(*opened.value()->durable_view());
      INFO((count ? "" : count.error().message));
      REQUIRE(count);
      REQUIRE(*count >= from_);
      load_.reset(*count);
      const auto failed = load_.run(**opened, mode_, *count, static_cast<int>(random_() % 120));
      INFO((failed ? failed->message : ""));
      REQUIRE_FALSE(failed);
    }
    return d.stop();
  }

  void check_image(const cut& at) {
    static constexpr std::array kinds{loss::power, loss::power, loss::late_power, loss::process,
                                      loss::bytes_only};
    // In mode async, bytes that a disk loses without a restart had been acknowledged.
    const auto what = kinds[random_() % (mode_ == durability::sync ? 5 : 4)];
    const auto image_seed = random_();
    std::mt19937_64 random{image_seed};
    build_image(at, what, random, image_);
    const bool same_boot = what == loss::process || what == loss::bytes_only;
    image_boot_ = same_boot ? boot_ : boot_ + 1;
    disk::instance().set_boot(image_boot_);
    ++images_;
    const auto problem = problem_of(at, what);
    if (!problem.empty()) {
      // A copy stays for a closer look.
      std::mt19937_64 again{image_seed};
      const auto kept = fs::temp_directory_path() /
                        ("pawl-power-" + std::to_string(seed_) + "-" + std::to_string(images_));
      build_image(at, what, again, kept);
      FAIL_CHECK("image " << images_ << " (" << to_text(what) << ", " << at.acknowledged
                          << " records acknowledged): " << problem << "; see " << kept);
      REQUIRE(++failures_ < 20);
    }
  }

  std::string problem_of(const cut& at, loss what) {
    const auto opened = open_rocksdb_store(image_, options());
    if (!opened) return opened.error().message;
    const auto count = count_records(*opened.value()->durable_view());
    if (!count) return count.error().message;
    image_count_ = *count;
    const bool all_promised =
        mode_ == durability::sync || what == loss::process || what == loss::late_power;
    if (all_promised && *count < at.acknowledged)
      return "only " + std::to_string(*count) + " records are there";
    if (*count > load_.issued()) return std::to_string(*count) + " records were never written";
    lost_records_ += load_.issued() - *count;
    return {};
  }

  [[nodiscard]] rocksdb_options options() {
    rocksdb_options chosen;
    chosen.mode = mode_;
    chosen.cache_bytes = std::size_t{1} << 20;
    chosen.log_bytes = std::size_t{100'000} + seed_ % 100'000;  // so that logs and tables change
    return chosen;
  }

  const durability mode_;
  const std::uint64_t seed_;
  std::mt19937_64 random_;
  workload load_{seed_};
  const memory_folder folder_;
  const fs::path live_ = folder_.root() / "live";
  const fs::path image_ = folder_.root() / "image";
  const fs::path next_ = folder_.root() / "next";
  std::uint64_t boot_ = 1;
  std::uint64_t image_boot_ = 1;
  std::uint64_t image_count_ = 0;
  std::uint64_t from_ = 0;
  std::uint64_t lost_records_ = 0;
  int images_ = 0;
  int cuts_ = 0;
  int rounds_ = 0;
  int failures_ = 0;
};

int images_wanted(int by_default) {
  const char* const given = std::getenv("PAWL_POWER_IMAGES");
  return given != nullptr ? std::atoi(given) : by_default;
}

}  // namespace

TEST_CASE("a loss of power leaves every acknowledged record in mode sync", "[power]") {
  const auto seed = test_seed();
  WARN("seed " << seed << " (set PAWL_TEST_SEED to repeat it)");
  power_test{durability::sync, seed}.run(images_wanted(2000));
}

TEST_CASE("a loss of power leaves a prefix of what was acknowledged in mode async", "[power]") {
  const auto seed = test_seed();
  WARN("seed " << seed << " (set PAWL_TEST_SEED to repeat it)");
  power_test{durability::async, seed}.run(images_wanted(500));
}
