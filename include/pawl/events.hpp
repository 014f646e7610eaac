#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include <pawl/callback.hpp>
#include <pawl/detail/scope_ref.hpp>
#include <pawl/result.hpp>
#include <pawl/run.hpp>
#include <pawl/subscription.hpp>

namespace pawl {

/// The events of the runs of one scope; `scope::events` returns it. A handle: cheap to copy, safe
/// for concurrent use, and valid after the engine has stopped.
class scope_events {
 public:
  explicit scope_events(detail::scope_ref at) : at_(std::move(at)) {}

  /// Returns the durable events after the position `after`, in the order they became durable, from
  /// at most `limit` (1 to 1000) transitions. Without `after` it returns no event, only the current
  /// end of the journal as `event_page::next`. Errors: `invalid_argument`, `unavailable`.
  [[nodiscard]] result<event_page> read(std::optional<journal_position> after = {},
                                        std::size_t limit = 100) const;
  void read_async(std::optional<journal_position> after, std::size_t limit,
                  callback<event_page> done, std::stop_token withdrawn = {}) const;

  /// Subscribes to the live events of one run, or of all runs of the scope if `id` is empty.
  /// `capacity`: maximum number of unread events; a reader with more is dropped. Returns an ended
  /// subscription if the engine is not open.
  [[nodiscard]] std::shared_ptr<subscription> watch(std::optional<run_id> id = {},
                                                    std::size_t capacity = 10'000) const;

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
