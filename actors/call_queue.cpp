#include "actors/call_queue.hpp"

#include <pawl/assert.hpp>

namespace pawl::actors {
namespace {

std::uint32_t limit_of(const queued_call& call) {
  return call.call.function->options.max_concurrency;
}

}  // namespace

void call_queue::push(call_ptr call) {
  const auto id = call->id;
  if (const auto limit = limit_of(*call); limit > 0) {
    lane& of = lanes_[call->call.function.get()];
    if (of.taken >= limit) {
      of.aside.emplace_hint(of.aside.end(), id, std::move(call));
      ++aside_;
      return;
    }
    ++of.taken;
  }
  ready_.emplace_hint(ready_.end(), id, std::move(call));
}

call_ptr call_queue::pop() {
  if (ready_.empty()) return nullptr;
  return std::move(ready_.extract(ready_.begin()).mapped());
}

void call_queue::ended(const queued_call& call) {
  if (limit_of(call) > 0) free_place(call);
}

void call_queue::free_place(const queued_call& call) {
  const auto found = lanes_.find(call.call.function.get());
  PAWL_ASSERT(found != lanes_.end(), "a call that ends took a place when it became ready");
  lane& of = found->second;
  if (!of.aside.empty()) {
    ready_.insert(of.aside.extract(of.aside.begin()));
    --aside_;
  } else if (--of.taken == 0) {
    lanes_.erase(found);
  }
}

call_ptr call_queue::erase(invocation_id id) {
  if (auto node = ready_.extract(id)) {
    if (limit_of(*node.mapped()) > 0) free_place(*node.mapped());
    return std::move(node.mapped());
  }
  for (auto& [function, of] : lanes_) {
    if (auto node = of.aside.extract(id)) {
      --aside_;
      return std::move(node.mapped());
    }
  }
  return nullptr;
}

std::vector<call_ptr> call_queue::clear() {
  ordered_calls all;
  for (auto& [function, of] : lanes_) all.merge(of.aside);
  aside_ = 0;
  for (const auto& [id, call] : ready_)
    if (limit_of(*call) > 0) free_place(*call);
  all.merge(ready_);
  std::vector<call_ptr> calls;
  calls.reserve(all.size());
  for (auto& [id, call] : all) calls.push_back(std::move(call));
  return calls;
}

}  // namespace pawl::actors
