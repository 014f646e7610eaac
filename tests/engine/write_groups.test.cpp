// How many bytes the engine writes to its store at once.

#include <algorithm>
#include <future>
#include <mutex>
#include <utility>
#include <vector>

#include "persistence/testing/wrapped_store.hpp"
#include "runtime/core.hpp"
#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

/// The writes of a store: how many batches and bytes each had.
struct seen_writes {
  struct write {
    std::size_t batches = 0;
    std::size_t bytes = 0;
  };
  std::mutex mutex;
  std::vector<write> all;
  std::promise<void> begin;  ///< no write before it is set
  std::shared_future<void> began = begin.get_future().share();
};

/// A store whose first write waits.
class watched_store final : public persistence::testing::wrapped_store {
 public:
  explicit watched_store(seen_writes& seen) : seen_(seen) {}

  result<std::shared_ptr<const persistence::view>> write(
      std::span<const persistence::batch* const> batches) override {
    seen_.began.wait();
    seen_writes::write now{batches.size()};
    for (const auto* const each : batches) now.bytes += each->bytes();
    const std::lock_guard lock{seen_.mutex};
    seen_.all.push_back(now);
    return wrapped_store::write(batches);
  }

 private:
  seen_writes& seen_;
};

}  // namespace

TEST_CASE("the commits of many large runs are not one write", "[engine][limits]") {
  constexpr std::size_t mib = std::size_t{1} << 20;
  constexpr std::size_t runs = 40;
  seen_writes seen;
  engine_components components;
  components.open_store = [&] {
    return result<std::unique_ptr<persistence::store>>{std::make_unique<watched_store>(seen)};
  };
  engine e = engine_access::make(quiet_settings(), std::move(components));
  REQUIRE(e.open());
  auto stored = std::async(std::launch::async, [&] {
    return e.put_flow(single("f", "signal", {{"name", "go"}})).has_value();
  });
  seen.begin.set_value();
  REQUIRE(stored.get());
  seen.begin = {};
  seen.began = seen.begin.get_future().share();

  std::vector<std::future<bool>> starts;
  for (std::size_t i = 0; i < runs; ++i) {
    starts.push_back(std::async(std::launch::async, [&] {
      return e.start("f", {{"text", std::string(mib, 'x')}}).has_value();
    }));
  }
  while (e.load()->active_runs < runs) std::this_thread::yield();
  seen.begin.set_value();
  for (auto& each : starts) CHECK(each.get());

  std::size_t most_batches = 0;
  for (const auto& each : seen.all) {
    most_batches = std::max(most_batches, each.batches);
    CHECK((each.batches <= 2 || each.bytes <= 9 * mib));  // with the record of the journal
  }
  CHECK(most_batches > 2);
  CHECK(e.metrics().group_bytes.sum > runs * mib);
}
