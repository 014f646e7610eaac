#pragma once

#include <map>

#include "cli/session.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

/// Prints one line per event: time (UTC), node, event, details. For pipes and files.
class line_watcher final : public watcher {
 public:
  /// `many`: each line includes the run ID.
  line_watcher(session& s, bool many) : session_(s), many_(many) {}

  void follow(const followed_run& run) override;
  void on_event(const live_event& e) override;
  void on_end(const run_summary&) override {}
  void note(const std::string& sentence) override { session_.print_message(sentence); }

 private:
  session& session_;
  bool many_;
  std::size_t node_width_ = 1;
  std::map<std::string, int> last_tenths_;  ///< by run and node: last progress printed
};

/// Prints one JSON object per event.
class json_watcher final : public watcher {
 public:
  explicit json_watcher(session& s) : session_(s) {}

  void follow(const followed_run&) override {}
  void on_event(const live_event& e) override;
  void on_end(const run_summary&) override {}
  void note(const std::string& sentence) override { session_.print_message(sentence); }

 private:
  session& session_;
};

}  // namespace pawl::cli
