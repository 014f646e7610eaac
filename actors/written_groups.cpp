#include "actors/written_groups.hpp"

#include <memory>

#include <pawl/assert.hpp>

#include "actors/mail.hpp"
#include "actors/store_failure.hpp"

namespace pawl::actors {
namespace {

template <class Message>
void notify(std::span<const group_written> groups, const Message& outcome) {
  for (const auto& group : groups)
    for (const auto& to : *group.senders) post(caf::actor_cast<caf::actor>(to), outcome);
}

}  // namespace

void written_groups::finish(std::span<const group_written> groups) {
  PAWL_ASSERT(!groups.empty(), "there is a group to sync");
  if (!failure_) {
    auto synced = [&] {
      const stopwatch watch{context_->metrics.sync};
      return context_->store->sync();
    }();
    if (synced) {
      context_->store->publish(groups.back().view);
      return notify(groups, committed{});
    }
    // No retry: after a failed fsync the content of the disk is unknown, and a second fsync may
    // succeed without having written it.
    failure_ = synced.error();
    close_store(*context_, *failure_);
  }
  notify(groups, commit_failed{std::make_shared<const error>(*failure_)});
}

}  // namespace pawl::actors
