#include "persistence/commit_durably.hpp"

#include <utility>

namespace pawl::persistence {

result<void> commit_durably(store& to, const batch& changes) {
  const batch* const batches[] = {&changes};
  auto written = to.write(batches);
  if (!written) return std::move(written).error();
  if (auto synced = to.sync(); !synced) return synced;
  to.publish(*std::move(written));
  return {};
}

}  // namespace pawl::persistence
