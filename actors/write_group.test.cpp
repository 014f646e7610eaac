#include "actors/write_group.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::actors;

namespace {

std::shared_ptr<const persistence::batch> batch_of(std::size_t bytes) {
  auto made = std::make_shared<persistence::batch>();
  made->put(persistence::column::checkpoints, std::string(bytes / 2, 'k'),
            std::string(bytes - bytes / 2, 'v'));
  return made;
}

using batches = std::vector<std::shared_ptr<const persistence::batch>>;

}  // namespace

TEST_CASE("a write takes all pending batches up to its limits") {
  CHECK(next_write_group(batches(10, batch_of(100))).batches == 10);
  CHECK(next_write_group(batches(10, batch_of(100))).bytes == 1000);
  CHECK(next_write_group(batches(max_group_batches + 1, batch_of(1))).batches == max_group_batches);
  CHECK(next_write_group(batches(9, batch_of(max_group_bytes / 4))).batches == 4);
  CHECK(next_write_group(batches(9, batch_of(max_group_bytes / 4 + 1))).batches == 3);
}

TEST_CASE("a batch above the limit of a write is written alone") {
  const auto small = batch_of(10);
  const auto large = batch_of(max_group_bytes + 1);
  CHECK(next_write_group(batches{large, small}).batches == 1);
  CHECK(next_write_group(batches{large, large}).batches == 1);
  CHECK(next_write_group(batches{small, large, small}).batches == 1);
  CHECK(next_write_group(batches{large}).bytes == max_group_bytes + 1);
}

TEST_CASE("an empty batch has no size and is written with others") {
  const auto empty = std::make_shared<const persistence::batch>();
  CHECK(next_write_group(batches{empty}).bytes == 0);
  CHECK(next_write_group(batches{empty, batch_of(5), empty}).batches == 3);
}

TEST_CASE("the size of a batch is that of its keys and values") {
  persistence::batch all;
  all.put(persistence::column::runs, "key", "value");
  CHECK(all.bytes() == 8);
  all.erase(persistence::column::runs, "key");
  CHECK(all.bytes() == 11);
  all.add("count", 1);
  CHECK(all.bytes() == 24);
}
