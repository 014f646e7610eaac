#include "flow/logic/evaluation.hpp"

#include <algorithm>
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
  return layers.size() == 1 ? value::of(*layers.front()) : value::layers();
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

bool evaluation::may_nest(std::uint32_t depth) {
  const std::uint32_t max_depth = std::min(limits_.max_depth, max_max_depth);
  if (depth <= max_depth) return !failed();
  fail({errc::limit_exceeded, "evaluating a JSONLogic rule: it built arrays nested deeper than " +
                                  std::to_string(max_depth) + " levels"});
  return false;
}

void evaluation::fail(error e) {
  if (failed()) return;
  failure_ = std::move(e);
  steps_left_ = 0;
  bytes_left_ = 0;
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

value list_builder::finish() {
  if (run_.failed() || !run_.may_nest(depth_ + 1)) return {};
  return value::list(items_, size_, depth_ + 1);
}

}  // namespace pawl::flow::logic
