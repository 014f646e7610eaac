#include "flow/logic/evaluation.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

namespace pawl::flow::logic {

// Built values live in an arena that is released at once, without destructors.
static_assert(std::is_trivially_destructible_v<value> && std::is_trivially_copyable_v<value>);

value evaluation::whole_data() const noexcept {
  const auto layers = data_.layers();
  if (layers.empty()) return value::null();
  const bool is_one_value = layers.size() == 1 && !layers.front().name;
  return is_one_value ? value::of(*layers.front().value) : value::layers();
}

std::string_view evaluation::keep(std::string_view text) {
  if (text.empty()) return {};
  char* const copy = static_cast<char*>(memory_.allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

value evaluation::keep(const frame& f) {
  const std::uint32_t depth = 1 + std::max(f.current.depth(), f.accumulator.depth());
  if (!may_nest(depth) || !take(sizeof(frame))) return {};
  void* const copy = memory_.allocate(sizeof(frame), alignof(frame));
  return value::framed(*new (copy) frame(f), depth);
}

value* evaluation::room(std::size_t count) {
  if (count > bytes_left_ / sizeof(value) || !take(count * sizeof(value))) {
    out_of_bytes();
    return nullptr;
  }
  value* const items = static_cast<value*>(memory_.allocate(count * sizeof(value), alignof(value)));
  std::uninitialized_default_construct_n(items, count);
  return items;
}

member* evaluation::room_for_members(std::size_t count) {
  if (count > bytes_left_ / sizeof(member) || !take(count * sizeof(member))) {
    out_of_bytes();
    return nullptr;
  }
  void* const room = memory_.allocate(count * sizeof(member), alignof(member));
  member* const members = static_cast<member*>(room);
  std::uninitialized_default_construct_n(members, count);
  return members;
}

bool evaluation::may_nest(std::uint32_t depth) {
  const std::uint32_t max_depth = std::min(limits_.max_depth, max_max_depth);
  if (depth <= max_depth) return !failed();
  fail({errc::limit_exceeded, "evaluating a JSONLogic rule: it built arrays nested deeper than " +
                                  std::to_string(max_depth) + " levels"});
  return false;
}

void evaluation::fail(error e) {
  fail(std::move(e), value{});
}

void evaluation::fail(error e, const value& thrown) {
  if (failed()) return;
  failure_ = std::move(e);
  thrown_ = thrown;
  steps_at_failure_ = std::exchange(steps_left_, 0);
  bytes_at_failure_ = std::exchange(bytes_left_, 0);
}

std::optional<value> evaluation::catch_failure() {
  if (!failed() || failure_->code == errc::limit_exceeded) return std::nullopt;
  const error caught = *std::exchange(failure_, std::nullopt);
  steps_left_ = steps_at_failure_;
  bytes_left_ = bytes_at_failure_;
  if (!thrown_.is_undefined()) return std::exchange(thrown_, value{});
  if (!take(caught.type.size() + caught.message.size())) return value{};
  record_builder made{*this, 2};
  made.add("type", value::text(keep(caught.type)));
  made.add("message", value::text(keep(caught.message)));
  return made.finish();
}

value evaluation::traced(const expression& e, const value& data) {
  trace_->enter(*this, *e.source);
  const value made = e.apply(*this, e, data);
  trace_->leave(*this, made);
  return made;
}

bool evaluation::out_of_steps() {
  fail({errc::limit_exceeded, "evaluating a JSONLogic rule: not finished after " +
                                  std::to_string(limits_.max_steps) +
                                  " steps; visit fewer items or compare shorter strings"});
  return false;
}

bool evaluation::out_of_bytes() {
  fail({errc::limit_exceeded, "evaluating a JSONLogic rule: it built more than " +
                                  std::to_string(limits_.max_bytes) +
                                  " bytes of strings, arrays and result"});
  return false;
}

bool record_builder::sort() {
  const auto by_key = [](const member& a, const member& b) { return a.key < b.key; };
  if (std::is_sorted(members_, members_ + size_, by_key)) return true;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < size_; ++i) bytes += members_[i].key.size();
  const auto rounds = static_cast<std::uint64_t>(std::bit_width(size_));
  if (!run_.step(size_ * rounds / 4) || !run_.read(bytes * rounds)) return false;
  std::stable_sort(members_, members_ + size_, by_key);
  return true;
}

value record_builder::finish() {
  if (run_.failed() || !run_.step(size_ / 8) || !sort() || !run_.may_nest(depth_ + 1)) return {};
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    const bool is_same = kept > 0 && members_[kept - 1].key == members_[i].key;
    members_[is_same ? kept - 1 : kept++] = members_[i];
  }
  return value::record(members_, kept, depth_ + 1);
}

value list_builder::finish() {
  if (run_.failed() || !run_.may_nest(depth_ + 1)) return {};
  return value::list(items_, size_, depth_ + 1);
}

}  // namespace pawl::flow::logic
