#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "cli/command_line.hpp"

/// Each file here is one command: `add_…` describes its options to the command line, and puts what
/// it does into `line.command` when it is the one that is asked for.
namespace pawl::cli {

void add_run(CLI::App& to, command_line& line);
void add_serve(CLI::App& to, command_line& line);
void add_resume(CLI::App& to, command_line& line);
void add_validate(CLI::App& to, command_line& line);
void add_logic(CLI::App& to, command_line& line);
void add_runs(CLI::App& to, command_line& line);  ///< with the sub-commands that follow
void add_runs_ls(CLI::App& to, command_line& line);
void add_runs_show(CLI::App& to, command_line& line);
void add_runs_history(CLI::App& to, command_line& line);
void add_runs_start(CLI::App& to, command_line& line);
void add_runs_restart(CLI::App& to, command_line& line);
void add_runs_watch(CLI::App& to, command_line& line);
void add_runs_answer(CLI::App& to, command_line& line);
void add_runs_cancel(CLI::App& to, command_line& line);
void add_runs_pause(CLI::App& to, command_line& line);
void add_runs_signal(CLI::App& to, command_line& line);
void add_runs_update(CLI::App& to, command_line& line);
void add_runs_retry(CLI::App& to, command_line& line);
void add_flows(CLI::App& to, command_line& line);
void add_config(CLI::App& to, command_line& line);
void add_events(CLI::App& to, command_line& line);
void add_workers(CLI::App& to, command_line& line);
void add_functions(CLI::App& to, command_line& line);
void add_keys(CLI::App& to, command_line& line);
void add_version(CLI::App& to, command_line& line);

/// A sub-command with its description and the examples under its help.
CLI::App* add_command(CLI::App& to, const std::string& name, const std::string& description,
                      const std::string& examples);

/// `--allow-exec`, for the commands that run steps.
void add_allow_exec(CLI::App& to, command_line& line);

}  // namespace pawl::cli
