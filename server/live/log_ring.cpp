#include "server/live/log_ring.hpp"

#include <algorithm>
#include <utility>

#include <pawl/detail/utf8.hpp>

namespace pawl::server {
namespace {

/// Maximum size of a message; longer ones are truncated.
constexpr std::size_t max_message_bytes = std::size_t{64} << 10;

std::string text_or_empty(const json& detail, const char* key) {
  const auto found = detail.find(key);
  return found != detail.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

json to_json(const log_line& line) {
  return {{"at", to_rfc3339(line.at)}, {"level", line.level},     {"node", line.node},
          {"visit", line.visit},       {"attempt", line.attempt}, {"message", line.message}};
}

std::size_t log_ring::size_of(const log_line& line) noexcept {
  return sizeof line + 2 * (line.run.scope.str().size() + line.run.id.str().size()) +
         line.node.size() + line.message.size();
}

void log_ring::add(log_line line) {
  if (line.message.size() > max_message_bytes) {
    line.message = detail::to_valid_utf8(line.message, max_message_bytes);
  }
  const std::lock_guard lock{mutex_};
  const std::string scope = line.run.scope.str();
  shares_.add(scope, size_of(line));
  order_[scope].push_back(line.run);
  auto& of_run = lines_[line.run];
  of_run.push_back(std::move(line));
  while (shares_.total() > max_bytes_) drop_oldest_of(std::string{shares_.largest()});
}

void log_ring::drop_oldest_of(const std::string& scope) {
  const auto order = order_.find(scope);
  const auto oldest = lines_.find(order->second.front());
  shares_.remove(scope, size_of(oldest->second.front()));
  oldest->second.pop_front();
  if (oldest->second.empty()) lines_.erase(oldest);
  order->second.pop_front();
  if (order->second.empty()) order_.erase(order);
}

std::vector<log_line> log_ring::lines(const run_key& run, std::size_t limit) const {
  const std::lock_guard lock{mutex_};
  const auto found = lines_.find(run);
  if (found == lines_.end()) return {};
  const auto& all = found->second;
  const auto skipped = all.size() - std::min(limit, all.size());
  return {all.begin() + static_cast<std::ptrdiff_t>(skipped), all.end()};
}

std::shared_ptr<subscription> collect_logs(const std::shared_ptr<log_ring>& to,
                                           const engine& from) {
  auto source = from.watch_steps();
  source->on_event([to, weak = std::weak_ptr{source}] {
    const auto events = weak.lock();
    if (!events) return;
    while (auto event = events->try_next()) {
      const history_event& what = event->what;
      if (what.kind != "step_log") continue;
      to->add({std::move(event->run), what.at, text_or_empty(what.detail, "level"), what.node,
               what.visit, what.attempt, text_or_empty(what.detail, "message")});
    }
  });
  return source;
}

}  // namespace pawl::server
