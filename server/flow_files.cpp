#include "server/flow_files.hpp"

#include <utility>

namespace pawl::server {

void flow_file_reports::put(flow_file_report report) {
  if (report.messages.size() > max_messages) report.messages.resize(max_messages);
  std::string file = report.file;
  const std::lock_guard lock{mutex_};
  reports_.insert_or_assign(std::move(file), std::move(report));
}

void flow_file_reports::remove(const std::string& file) {
  const std::lock_guard lock{mutex_};
  reports_.erase(file);
}

std::vector<flow_file_report> flow_file_reports::all() const {
  std::vector<flow_file_report> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [file, report] : reports_) all.push_back(report);
  return all;
}

}  // namespace pawl::server
