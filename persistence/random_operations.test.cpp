#include "persistence/testing/random_operations.hpp"
#include "persistence/rocksdb/test_folder.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

/// `codec`: that of the store on disk, by its openings.
void compare_disk_with(memory_store& memory, durability mode,
                       const std::function<values::codec_ptr(int)>& codec) {
  const rocks::test_folder folder;
  testing::compare_with_memory(
      memory,
      [&](int openings) {
        rocksdb_options options;
        options.mode = mode;
        options.codec = codec(openings);
        return rocks::open_good(folder.store(), options);
      },
      std::chrono::seconds{4});
}

}  // namespace

TEST_CASE("the stores in memory and on RocksDB return the same results",
          "[random][rocksdb][memory]") {
  memory_store memory;
  compare_disk_with(memory, GENERATE(durability::sync, durability::off),
                    [](int) { return values::codec_ptr{}; });
}

TEST_CASE("stores that compress and encrypt return the same results, whichever key was the first",
          "[random][rocksdb][memory]") {
  memory_store memory{testing::codec_after(2)};
  compare_disk_with(memory, durability::sync, testing::codec_after);
}
