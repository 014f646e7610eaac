#include "runtime/queries/found_runs.hpp"

#include <chrono>
#include <string_view>
#include <utility>

#include <pawl/assert.hpp>
#include <pawl/detail/fnv1a.hpp>

#include "actors/clock.hpp"
#include "actors/engine_context.hpp"
#include "runtime/core.hpp"
#include "runtime/queries/cursor.hpp"

namespace pawl {
namespace {

using persistence::comparison, persistence::run_field;

constexpr std::size_t number_bytes = 8;

void append_number(std::string& to, std::uint64_t number) {
  for (std::size_t i = 0; i < number_bytes; ++i)
    to += static_cast<char>(number >> (8 * (number_bytes - 1 - i)) & 0xff);
}

std::uint64_t take_number(std::string_view& from) {
  std::uint64_t number = 0;
  for (const char c : from.substr(0, number_bytes))
    number = number << 8 | static_cast<unsigned char>(c);
  from.remove_prefix(number_bytes);
  return number;
}

}  // namespace

found_runs::found_runs(const engine_core& core, scope_name in, run_filter filter)
    : core_(core), in_(std::move(in)), filter_(std::move(filter)) {}

result<void> found_runs::begin_turn() {
  auto r = begin_reading(core_);
  if (!r) return std::move(r).error();
  if (search_) {
    place_ = search_->place();
    keys_read_ += search_->keys_read();
    search_.reset();
  }
  from_ = *std::move(r);
  if (!std::exchange(prepared_, true))
    if (auto good = prepare(); !good) return good;
  return make_search();
}

result<void> found_runs::make_search() {
  auto made = persistence::run_finder::make(*from_->now, in_, query_, index_sorting(), place_);
  if (!made) return std::move(made).error();
  search_ = *std::move(made);
  if (!order_matters_) search_->read_only_keys();
  return {};
}

/// The order in which the index is read.
persistence::run_sorting found_runs::index_sorting() const {
  if (persistence::is_by_last_event(filter_.order)) return run_order::newest;
  return {filter_.order, filter_.order_by};
}

result<void> found_runs::ignore_order() {
  PAWL_ASSERT(search_.has_value(), "a turn has begun");
  order_matters_ = false;
  if (!search_->unsorted_attribute()) return {};
  filter_.order = run_order::by_attribute;
  filter_.order_by = *search_->unsorted_attribute();
  keys_read_ += search_->keys_read();
  return make_search();
}

result<void> found_runs::prepare() {
  if (auto good = persistence::check_run_sorting({filter_.order, filter_.order_by}); !good)
    return good;
  relative_to_ = from_->context->clock->now();
  if (!filter_.cursor.empty())
    if (auto good = read_cursor(); !good) return good;
  auto parsed = persistence::parse_run_query(filter_.where, relative_to_);
  if (!parsed) return std::move(parsed).error();
  query_ = *std::move(parsed);
  if (filter_.status)
    query_.terms.push_back({run_field::status, comparison::equal, {*filter_.status}});
  if (filter_.flow) {
    query_.terms.push_back({run_field::flow,
                            comparison::equal,
                            {persistence::flow_pattern{filter_.flow->str(), std::nullopt}}});
  }
  return {};
}

/// What a cursor belongs to: the text of a filter, its order and the scope.
std::uint64_t found_runs::fingerprint() const {
  std::string text = in_.str() + '\0' + filter_.where + '\0' + filter_.order_by + '\0';
  text += static_cast<char>(filter_.order);
  if (filter_.status) text += static_cast<char>(*filter_.status);
  text += '\0';
  if (filter_.flow) text += filter_.flow->str();
  return detail::fnv1a(text);
}

std::string found_runs::cursor() const {
  return cursor_at(search_ ? search_->place() : place_);
}

std::string found_runs::cursor_at(const persistence::list_place& place) const {
  std::string bytes;
  append_number(bytes, fingerprint());
  append_number(bytes, static_cast<std::uint64_t>(to_unix_us(relative_to_)));
  bytes += place.after ? '\1' : '\0';
  return make_cursor(bytes + place.order);
}

result<void> found_runs::read_cursor() {
  const auto bytes = key_in_cursor(filter_.cursor);
  if (!bytes) return bytes.error();
  std::string_view left = *bytes;
  if (left.size() <= 2 * number_bytes) return invalid_cursor();
  if (take_number(left) != fingerprint()) {
    return error{errc::invalid_argument,
                 "invalid cursor: it belongs to another filter, order or scope; use it with those "
                 "of the page that returned it"};
  }
  // A clock that was set back since then is no reason to refuse it.
  const auto first_page = from_unix_us(static_cast<std::int64_t>(take_number(left)));
  if (first_page < time_point{} || first_page > relative_to_ + std::chrono::hours{24})
    return invalid_cursor();
  relative_to_ = first_page;
  page_begin_ = {std::string{left.substr(1)}, left.front() == '\1'};
  if (!persistence::is_by_last_event(filter_.order)) place_ = page_begin_;
  return {};
}

result<persistence::run_finder::step> found_runs::next(read_budget& turn) {
  PAWL_ASSERT(search_.has_value(), "a turn has begun");
  const auto before = search_->keys_read();
  auto step = search_->next();
  if (step) turn.spend(step->bytes, static_cast<std::size_t>(search_->keys_read() - before));
  return step;
}

run_search found_runs::search() const {
  if (!search_) return {{}, keys_read_};
  return {search_->index(), keys_read_ + search_->keys_read()};
}

}  // namespace pawl
