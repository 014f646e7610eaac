#pragma once

#include <map>

#include "cli/session.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

/// One line for each event: its time (UTC), the node, what happened. For pipes and files.
class line_watcher final : public watcher {
 public:
  /// `many`: each line names its run.
  line_watcher(session& s, bool many) : session_(s), many_(many) {}

  void follow(const followed_run& run) override;
  void on_event(const live_event& e) override;
  void on_end(const run_summary&) override {}
  void note(const std::string& sentence) override { session_.say(sentence); }

 private:
  session& session_;
  bool many_;
  std::size_t node_width_ = 1;
  std::map<std::string, int> told_tenths_;  ///< by node: the progress that was last told
};

/// One JSON object for each event and line.
class json_watcher final : public watcher {
 public:
  explicit json_watcher(session& s) : session_(s) {}

  void follow(const followed_run&) override {}
  void on_event(const live_event& e) override;
  void on_end(const run_summary&) override {}
  void note(const std::string& sentence) override { session_.say(sentence); }

 private:
  session& session_;
};

}  // namespace pawl::cli
