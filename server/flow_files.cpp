#include "server/flow_files.hpp"

#include <utility>

namespace pawl::server {

void flow_file_reports::put(flow_file_report report) {
  if (report.messages.size() > max_messages) report.messages.resize(max_messages);
  std::string file = report.file;
  std::unique_lock lock{mutex_};
  reports_.insert_or_assign(std::move(file), std::move(report));
  const auto to_call = changed();
  lock.unlock();
  for (const auto& each : to_call) (*each)();
}

void flow_file_reports::remove(const std::string& file) {
  std::unique_lock lock{mutex_};
  if (reports_.erase(file) == 0) return;
  const auto to_call = changed();
  lock.unlock();
  for (const auto& each : to_call) (*each)();
}

std::vector<flow_file_report> flow_file_reports::all() const {
  std::vector<flow_file_report> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [file, report] : reports_) all.push_back(report);
  return all;
}

std::uint64_t flow_file_reports::changes() const {
  const std::lock_guard lock{mutex_};
  return changes_;
}

std::shared_ptr<void> flow_file_reports::on_change(std::function<void()> listener) const {
  auto kept = std::make_shared<std::function<void()>>(std::move(listener));
  const std::lock_guard lock{mutex_};
  std::erase_if(listeners_, [](const auto& each) { return each.expired(); });
  listeners_.push_back(kept);
  return kept;
}

flow_file_reports::listeners flow_file_reports::changed() {
  ++changes_;
  listeners alive;
  for (const auto& each : listeners_)
    if (auto listener = each.lock()) alive.push_back(std::move(listener));
  return alive;
}

}  // namespace pawl::server
