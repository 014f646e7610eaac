#include "cli/commands/commands.hpp"

namespace pawl::cli {

void add_runs(CLI::App& to, command_line& line) {
  auto* const group = add_command(to, "runs", "List, inspect and control runs.",
                                  "Examples:\n"
                                  "  pawl runs ls --data-dir ./data status=failed 'started>-2h'\n"
                                  "  pawl runs show monday --server http://127.0.0.1:7717");
  add_runs_start(*group, line);
  add_runs_ls(*group, line);
  add_runs_count(*group, line);
  add_runs_errors(*group, line);
  add_runs_show(*group, line);
  add_runs_explain(*group, line);
  add_runs_history(*group, line);
  add_runs_steps(*group, line);
  add_runs_diff(*group, line);
  add_runs_fork(*group, line);
  add_runs_watch(*group, line);
  add_runs_pause(*group, line);
  add_runs_resume(*group, line);
  add_runs_signal(*group, line);
  add_runs_answer(*group, line);
  add_runs_set_data(*group, line);
  add_runs_cancel(*group, line);
  add_runs_terminate(*group, line);
  add_runs_skip(*group, line);
  add_runs_retry(*group, line);
  add_runs_restart(*group, line);
  add_runs_rm(*group, line);
  add_runs_keep(*group, line);
  add_runs_export(*group, line);
  add_runs_import(*group, line);
}

}  // namespace pawl::cli
