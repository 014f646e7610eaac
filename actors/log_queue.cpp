#include "actors/log_queue.hpp"

#include "flow/values/json_size.hpp"

namespace pawl::actors {

std::size_t log_queue::entry::size() const noexcept {
  return sizeof(entry) + run.scope.str().size() + run.id.str().size() + line.level.size() +
         line.node.size() + line.message.size() + line.about.size() +
         (line.context.is_null() ? 0 : flow::json_size(line.context));
}

void log_queue::add(run_key run, run_log_line line, std::optional<time_point> run_created) {
  if (!keeps_lines()) return;
  entry added{std::move(run), std::move(line), run_created};
  const std::size_t size = added.size();
  const std::lock_guard lock{mutex_};
  if (closed_ || !bytes_.try_take(added.run.scope.str(), size)) return count_lost(1);
  ++added_;
  entries_.push_back(std::move(added));
  if (entries_.size() == 1 && wake_) wake_();
}

void log_queue::set_reader(std::function<void()> wake) {
  const std::lock_guard lock{mutex_};
  wake_ = std::move(wake);
  if (!entries_.empty()) wake_();
}

void log_queue::close() {
  std::function<void()> wake;  // destroyed without the lock
  const std::lock_guard lock{mutex_};
  wake.swap(wake_);
  closed_ = true;
  count_lost(entries_.size());
  for (const auto& each : entries_) bytes_.give_back(each.run.scope.str(), each.size());
  entries_.clear();
}

std::vector<log_queue::entry> log_queue::take(std::size_t max_bytes) {
  std::vector<entry> taken;
  std::size_t bytes = 0;
  const std::lock_guard lock{mutex_};
  while (!entries_.empty() && bytes < max_bytes) {
    entry& oldest = entries_.front();
    const std::size_t size = oldest.size();
    bytes += size;
    bytes_.give_back(oldest.run.scope.str(), size);
    taken.push_back(std::move(oldest));
    entries_.pop_front();
  }
  taken_ += taken.size();
  return taken;
}

bool log_queue::empty() const {
  const std::lock_guard lock{mutex_};
  return entries_.empty();
}

std::uint64_t log_queue::added() const {
  const std::lock_guard lock{mutex_};
  return added_;
}

std::uint64_t log_queue::taken() const {
  const std::lock_guard lock{mutex_};
  return taken_;
}

}  // namespace pawl::actors
