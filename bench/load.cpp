#include "bench/load.hpp"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "bench/failure.hpp"

namespace pawl::bench {
namespace {

std::uint64_t nanoseconds(clock_type::duration d) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::chrono::nanoseconds{d}.count()));
}

clock_type::duration ticks(seconds_type length) {
  return std::chrono::duration_cast<clock_type::duration>(length);
}

/// The operations in flight and what the ended ones have shown. Shared by all callbacks, because
/// the last one may still run when the loop returns.
class tally {
 public:
  explicit tally(std::size_t places) : free_(places), places_(places) {}

  /// Waits for a free place. Returns false if an operation has failed.
  bool take_place() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return free_ > 0; });
    if (!failed_.empty()) return false;
    --free_;
    return true;
  }
  /// As `take_place`; also returns false if no place is free before `end`.
  bool take_place(clock_type::time_point end) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_until(lock, end, [&] { return free_ > 0; })) return false;
    if (!failed_.empty()) return false;
    --free_;
    return true;
  }
  void free_place() {
    const std::lock_guard lock{mutex_};
    ++free_;
    changed_.notify_one();
  }
  /// Counts an operation. Its place stays taken.
  void count(clock_type::time_point since, const std::string& failed) {
    const auto now = clock_type::now();
    const std::lock_guard lock{mutex_};
    if (!failed.empty() && failed_.empty()) failed_ = failed;
    if (!failed.empty()) return;
    result_.latency_ns.add(nanoseconds(now - since));
    ++result_.ended;
    last_ = now;
  }
  [[nodiscard]] bool has_failed() {
    const std::lock_guard lock{mutex_};
    return !failed_.empty();
  }
  /// Waits until all places are free. Throws if an operation has failed.
  load_result finish(clock_type::time_point begin) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return free_ == places_; });
    if (!failed_.empty()) throw failure{errc::unavailable, failed_};
    result_.seconds = seconds_type{std::max(last_, begin) - begin}.count();
    return std::move(result_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t free_;
  const std::size_t places_;
  std::string failed_;
  clock_type::time_point last_{};
  load_result result_;
};

}  // namespace

load_result closed_loop(const operation& op, const load_limits& limits) {
  const auto begin = clock_type::now();
  const auto end = begin + ticks(limits.length);
  const auto all = std::make_shared<tally>(limits.in_flight);
  struct loop : std::enable_shared_from_this<loop> {
    const operation op;
    const load_limits limits;
    const clock_type::time_point end;
    const std::shared_ptr<tally> all;
    loop(operation o, load_limits l, clock_type::time_point e, std::shared_ptr<tally> t)
        : op(std::move(o)), limits(std::move(l)), end(e), all(std::move(t)) {}

    void next() {
      const auto now = clock_type::now();
      if (now >= end || limits.stopped() || all->has_failed()) return all->free_place();
      op([self = shared_from_this(), now](const std::string& failed) {
        self->all->count(now, failed);
        self->next();
      });
    }
  };
  const auto looping = std::make_shared<loop>(op, limits, end, all);
  for (std::size_t i = 0; i < limits.in_flight && all->take_place(); ++i) looping->next();
  return all->finish(begin);
}

load_result all_of(std::size_t count, const std::function<void(std::size_t, done)>& op,
                   const load_limits& limits) {
  const auto begin = clock_type::now();
  const auto all = std::make_shared<tally>(limits.in_flight);
  for (std::size_t i = 0; i < count && !limits.stopped() && all->take_place(); ++i) {
    op(i, [all, since = clock_type::now()](const std::string& failed) {
      all->count(since, failed);
      all->free_place();
    });
  }
  return all->finish(begin);
}

void await(const operation& op) {
  static_cast<void>(all_of(1, [&](std::size_t, done ended) { op(std::move(ended)); }, {}));
}

load_result open_loop(const operation& op, double rate, const load_limits& limits) {
  const auto begin = clock_type::now();
  const auto end = begin + 2 * ticks(limits.length);
  const auto count = static_cast<std::uint64_t>(rate * limits.length.count());
  const auto due_at = [&](std::uint64_t i) {
    return begin + ticks(seconds_type{static_cast<double>(i) / rate});
  };
  const auto all = std::make_shared<tally>(limits.in_flight);
  std::uint64_t next = 0;
  for (; next < count && !limits.stopped(); ++next) {
    const auto due = due_at(next);
    std::this_thread::sleep_until(due);
    if (clock_type::now() >= end || !all->take_place(end)) break;
    op([all, due](const std::string& failed) {
      all->count(due, failed);
      all->free_place();
    });
  }
  const auto now = clock_type::now();
  load_result seen = all->finish(begin);
  if (limits.stopped()) return seen;
  for (; next < count && due_at(next) < now; ++next) {
    seen.latency_ns.add(nanoseconds(now - due_at(next)));
    ++seen.unsent;
  }
  return seen;
}

}  // namespace pawl::bench
