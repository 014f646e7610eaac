#include <filesystem>
#include <fstream>

#include "cli/commands/commands.hpp"
#include "cli/project_files.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

namespace fs = std::filesystem;

error cannot_write(const fs::path& file) {
  return {errc::io_failed, "writing " + printable(file.string()) + " failed"};
}

/// Writes the files of the project. Errors: `already_exists` if one of them exists; `io_failed`.
result<void> write_project(const fs::path& folder) {
  std::error_code failed;
  for (const auto& file : project_files())
    if (fs::exists(folder / file.name, failed))
      return error{errc::already_exists, printable((folder / file.name).string()) +
                                             " exists; nothing was written. Name another folder"};
  for (const auto& file : project_files()) {
    const fs::path path = folder / file.name;
    fs::create_directories(path.parent_path(), failed);
    if (failed) return cannot_write(path);
    std::ofstream out{path};
    out << file.content;
    if (!out.flush()) return cannot_write(path);
  }
  return {};
}

exit_code init_project(session& s, const std::string& folder) {
  if (const auto written = write_project(folder); !written) return s.fail(written.error());
  for (const auto& file : project_files())
    s.out().line("wrote " + printable((fs::path{folder} / file.name).string()));
  s.out().line("next: " + (folder == "." ? std::string{} : "cd " + printable(folder) + " && ") +
               "pawl dev flows");
  return exit_code::ok;
}

}  // namespace

void add_init(CLI::App& to, command_line& line) {
  auto folder = std::make_shared<std::string>(".");
  auto* const cmd = add_command(
      to, "init", "Write a small project: a flow, its schema, a worker in Python and a README.",
      "Example:\n  pawl init shop && cd shop && pawl dev flows\n\n"
      "There is one project, whatever its folder is called. No file is overwritten.");
  cmd->add_option("FOLDER", *folder,
                  "Folder to write to, made if it is missing; default: this folder")
      ->check(not_empty);
  cmd->callback([&line, folder] {
    line.command = [folder](session& s) { return init_project(s, *folder); };
  });
}

}  // namespace pawl::cli
