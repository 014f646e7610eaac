#include <filesystem>
#include <thread>

#include "cli/commands/commands.hpp"
#include "cli/serving.hpp"
#include "cli/watched_flows.hpp"
#include "server/api/console_files.hpp"
#include "server/flow_files.hpp"

namespace pawl::cli {
namespace {

constexpr std::chrono::milliseconds look_interval{200};

struct dev_options {
  std::string folder = ".";
  std::uint16_t port = 7717;
};

exit_code develop(session& s, const dev_options& options) {
  auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  std::error_code failed;
  if (!std::filesystem::is_directory(options.folder, failed))
    return s.fail(exit_code::not_found, options.folder + " is not a folder");
  // Without keys, so for this machine only.
  loaded->values.server.listen = {"127.0.0.1:" + std::to_string(options.port)};
  const auto reports = std::make_shared<server::flow_file_reports>(options.folder);
  const bool has_console = loaded->values.server.console && !server::console_files().empty();
  return serve_engine(
      s, *std::move(loaded),
      [&](engine& open, const std::vector<std::string>& urls, const std::string&) {
        const auto& folder = open.effective_settings().storage.data_dir;
        s.out().line("server:  " + urls.front());
        if (has_console) s.out().line("console: " + urls.front() + "/ui/");
        s.out().line("data:    " +
                     (folder.empty() ? "in memory, lost at the end" : folder.string()));
        s.out().line("flows:   each change of a .json or .yaml file in " + options.folder +
                     " is stored and published");
        s.out().flush();
        watched_flows flows{s, open, options.folder, *reports};
        while (!s.stop_signals().requested()) {
          flows.look();
          std::this_thread::sleep_for(look_interval);
        }
      },
      reports);
}

}  // namespace

void add_dev(CLI::App& to, command_line& line) {
  auto options = std::make_shared<dev_options>();
  auto* const cmd = add_command(
      to, "dev", "Serve for development: put flow files on change, for this machine only.",
      "Examples:\n"
      "  pawl dev\n"
      "  pawl dev flows --data-dir ./data --port 8080\n\n"
      "Data are in memory unless --data-dir names a folder. Diagnostics of a changed\n"
      "flow are printed here and shown in the console; workers may come and go. A flow\n"
      "whose file is deleted, or gives it another name, stays stored. Stop the server\n"
      "with Ctrl-C.");
  cmd->add_option("FOLDER", options->folder, "Folder of flow files; default: this folder");
  cmd->add_option("--port", options->port, "Port on 127.0.0.1; default: 7717; 0: any free port")
      ->type_name("PORT");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return develop(s, *options); }; });
}

}  // namespace pawl::cli
