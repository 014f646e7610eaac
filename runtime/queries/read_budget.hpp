#pragma once

#include <cstddef>
#include <utility>

#include <pawl/result.hpp>

namespace pawl {

/// What a query may read in one turn, a few milliseconds: then others have the thread. Not
/// thread-safe.
class read_budget {
 public:
  static constexpr std::size_t max_records = 1'000;
  static constexpr std::size_t max_bytes = std::size_t{1} << 20;

  /// Notes that records were read. Those that exceed the budget are the last of the turn.
  void spend(std::size_t bytes, std::size_t records = 1) noexcept {
    records_ += records;
    bytes_ += bytes;
  }
  [[nodiscard]] bool is_spent() const noexcept {
    return records_ >= max_records || bytes_ >= max_bytes;
  }

 private:
  std::size_t records_ = 0;
  std::size_t bytes_ = 0;
};

/// The size after which a page ends, whatever its limit.
inline constexpr std::size_t max_page_bytes = std::size_t{4} << 20;

/// Reads a query to its end on the calling thread. A query has `result<bool> read(read_budget&)`,
/// which reads for one turn and returns whether it is complete, and then `take()`, its answer.
template <class Query>
[[nodiscard]] auto read_to_end(Query query) -> result<decltype(query.take())> {
  while (true) {
    read_budget turn;
    const auto complete = query.read(turn);
    if (!complete) return complete.error();
    if (*complete) return query.take();
  }
}

}  // namespace pawl
