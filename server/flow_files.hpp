#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/ids.hpp>
#include <pawl/time.hpp>

namespace pawl::server {

/// What became of a flow file when it was last looked at.
struct flow_file_report {
  struct message {
    severity level = severity::error;
    std::string text;  ///< "order.json:4:27: error: unknown node type …"
  };

  std::string file;  ///< its path within the folder
  time_point at{};
  std::optional<flow_version_id> stored = {};  ///< none if it has errors
  std::vector<message> messages = {};
};

/// The flow files of a folder that `pawl dev` watches, for the console. Safe for concurrent use.
class flow_file_reports {
 public:
  /// Maximum number of messages that are kept of a file.
  static constexpr std::size_t max_messages = 50;

  explicit flow_file_reports(std::string folder) : folder_(std::move(folder)) {}

  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }
  /// Replaces the report of the file.
  void put(flow_file_report report);
  void remove(const std::string& file);
  /// Returns the reports in the order of the files.
  [[nodiscard]] std::vector<flow_file_report> all() const;
  /// Returns the number of changes so far.
  [[nodiscard]] std::uint64_t changes() const;
  /// Lets each change call `listener`, on the thread that makes it, as long as the caller keeps
  /// what is returned.
  [[nodiscard]] std::shared_ptr<void> on_change(std::function<void()> listener) const;

 private:
  using listeners = std::vector<std::shared_ptr<std::function<void()>>>;

  /// Counts a change; the lock is held. Returns the listeners, to be called without it.
  [[nodiscard]] listeners changed();

  const std::string folder_;
  mutable std::mutex mutex_;
  std::map<std::string, flow_file_report> reports_;
  std::uint64_t changes_ = 0;
  mutable std::vector<std::weak_ptr<std::function<void()>>> listeners_;
};

}  // namespace pawl::server
