#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include <pawl/run_logs.hpp>
#include <pawl/scope.hpp>

#include <pawl/detail/utf8.hpp>

#include "persistence/run_log.hpp"
#include "runtime/async.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {
namespace {

/// Reads the newest lines of a log; see `read_to_end`. The core must outlive it. Not thread-safe.
class log_query {
 public:
  log_query(const engine_core& core, run_key key, std::size_t limit)
      : core_(core), key_(std::move(key)), limit_(limit) {}

  [[nodiscard]] result<bool> read(read_budget& turn) {
    if (limit_ == 0) return true;
    const auto r = begin_reading(core_);
    if (!r) return r.error();
    bool complete = true;
    const auto visited = persistence::visit_run_log_back(
        *r->now, key_, before_,
        [&](std::uint64_t number, std::vector<run_log_line> lines, std::size_t bytes) {
          complete = !turn.is_spent();
          if (!complete) return persistence::view::next::stop;
          turn.spend(bytes, lines.size());
          before_ = number;
          bytes_ += bytes;
          std::move(lines.rbegin(), lines.rend(), std::back_inserter(newest_first_));
          const bool is_full = newest_first_.size() >= limit_ || bytes_ >= max_page_bytes;
          return is_full ? persistence::view::next::stop : persistence::view::next::more;
        });
    if (!visited) return visited.error();
    return complete;
  }

  [[nodiscard]] std::vector<run_log_line> take() {
    if (newest_first_.size() > limit_) newest_first_.resize(limit_);
    std::reverse(newest_first_.begin(), newest_first_.end());
    return std::move(newest_first_);
  }

 private:
  const engine_core& core_;
  run_key key_;
  std::size_t limit_;
  std::uint64_t before_ = persistence::after_last_chunk;  ///< the chunk that was read last
  std::size_t bytes_ = 0;
  std::vector<run_log_line> newest_first_;
};

}  // namespace

scope_logs::scope_logs(const scope& in) : at_(in.ref()) {}

void scope_logs::add(const run_id& run, run_log_line line) const {
  if (line.message.size() > max_log_message_bytes)
    line.message = detail::to_valid_utf8(line.message, max_log_message_bytes);
  at_.core->add_log_line(at_.key(run), std::move(line));
}

void scope_logs::read_async(const run_id& run, std::size_t limit,
                            callback<std::vector<run_log_line>> done,
                            std::stop_token withdrawn) const {
  at_.core->flush_log(at_.name, [at = at_, run, limit, done = std::move(done),
                                 withdrawn = std::move(withdrawn)](const result<void>& flushed) {
    if (!flushed) return done(flushed.error());
    read_in_turns(at.core, {at.name, "runs.logs", query_cost::page, withdrawn}, done,
                  log_query{*at.core, at.key(run), limit});
  });
}

}  // namespace pawl
