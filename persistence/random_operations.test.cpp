#include "persistence/testing/random_operations.hpp"
#include "persistence/rocksdb/test_folder.hpp"

using namespace pawl;
using namespace pawl::persistence;

TEST_CASE("the stores in memory and on RocksDB return the same results",
          "[random][rocksdb][memory]") {
  const auto mode = GENERATE(durability::sync, durability::off);
  const rocks::test_folder folder;
  testing::compare_with_memory([&] { return rocks::open_good(folder.store(), {.mode = mode}); },
                               std::chrono::seconds{4});
}
