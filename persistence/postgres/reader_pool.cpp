#include "persistence/postgres/reader_pool.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace pawl::persistence::postgres {
namespace {

/// Connections that are kept while nobody reads.
constexpr std::size_t max_idle = 16;

constexpr std::chrono::seconds longest_wait{10};

}  // namespace

result<std::unique_ptr<connection>> reader_pool::take() {
  {
    std::unique_lock lock{mutex_};
    if (!returned_.wait_for(lock, longest_wait, [&] { return in_use_ < max_connections; })) {
      return error{errc::overloaded, doing_to("reading", to_) + ": all " +
                                         std::to_string(max_connections) +
                                         " connections are in use by other queries; try again "
                                         "later"};
    }
    ++in_use_;
    if (!idle_.empty()) {
      auto found = std::move(idle_.back());
      idle_.pop_back();
      return found;
    }
  }
  auto made = connection::open(to_, "pawl reader");
  if (!made) give_back(nullptr);
  return made;
}

void reader_pool::give_back(std::unique_ptr<connection> used) {
  if (used) {
    used->queue("COMMIT");
    used->send();
    if (used->is_lost()) used.reset();
  }
  const std::lock_guard lock{mutex_};
  --in_use_;
  returned_.notify_one();
  if (used && idle_.size() < max_idle) idle_.push_back(std::move(used));
}

void reader_pool::drop_idle() {
  std::vector<std::unique_ptr<connection>> dropped;
  const std::lock_guard lock{mutex_};
  dropped.swap(idle_);
}

}  // namespace pawl::persistence::postgres
