#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <pawl/engine.hpp>

#include "cli/session.hpp"
#include "server/flow_files.hpp"

namespace pawl::cli {

/// The flow files of a folder and its subfolders, as far as an engine has them: each change of a
/// file is put into the engine, and what became of it is printed. Not thread-safe.
class watched_flows {
 public:
  /// Larger folders are not watched as a whole.
  static constexpr std::size_t max_files = 1'000;

  /// `reports` receives what is printed, for the console. They must outlive this.
  watched_flows(session& s, engine& into, std::filesystem::path folder,
                server::flow_file_reports& reports)
      : session_(s), engine_(into), folder_(std::move(folder)), reports_(reports) {}

  /// Looks for new, changed and missing files. A file that is not a flow (a JSON object with
  /// `nodes`) is left alone.
  void look();

 private:
  struct stamp {
    std::filesystem::file_time_type changed;
    std::uintmax_t size = 0;

    friend bool operator==(const stamp&, const stamp&) = default;
  };

  [[nodiscard]] std::map<std::filesystem::path, stamp> find_files();
  [[nodiscard]] std::string name_of(const std::filesystem::path& file) const;
  void take(const std::filesystem::path& file);
  /// Prints and reports a message.
  void say(server::flow_file_report& report, severity level, std::string line);
  void put(server::flow_file_report& report, const json& definition);
  /// Removes what is known of a file that has no flow any more, and prints it. `how`: "gone".
  void forget(const std::string& file, const std::string& how);

  session& session_;
  engine& engine_;
  const std::filesystem::path folder_;
  server::flow_file_reports& reports_;
  std::map<std::filesystem::path, stamp> known_;
  std::map<std::string, flow_name> stored_;  ///< the flow of each file that was put, by name
  bool told_of_limit_ = false;
};

}  // namespace pawl::cli
