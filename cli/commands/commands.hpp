#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "cli/command_line.hpp"

/// The commands. Each `add_…` function registers one command with CLI11; when the command is
/// selected, its callback sets `line.command`.
namespace pawl::cli {

void add_run(CLI::App& to, command_line& line);
void add_serve(CLI::App& to, command_line& line);
void add_dev(CLI::App& to, command_line& line);
void add_init(CLI::App& to, command_line& line);
void add_recover(CLI::App& to, command_line& line);
void add_resume(CLI::App& to, command_line& line);
void add_validate(CLI::App& to, command_line& line);
void add_logic(CLI::App& to, command_line& line);
void add_runs(CLI::App& to, command_line& line);  ///< with the subcommands `add_runs_…`
void add_runs_ls(CLI::App& to, command_line& line);
void add_runs_errors(CLI::App& to, command_line& line);
void add_runs_count(CLI::App& to, command_line& line);
void add_runs_show(CLI::App& to, command_line& line);
void add_runs_explain(CLI::App& to, command_line& line);
void add_runs_diff(CLI::App& to, command_line& line);
void add_runs_fork(CLI::App& to, command_line& line);
void add_runs_history(CLI::App& to, command_line& line);
void add_runs_steps(CLI::App& to, command_line& line);
void add_runs_start(CLI::App& to, command_line& line);
void add_runs_restart(CLI::App& to, command_line& line);
void add_runs_watch(CLI::App& to, command_line& line);
void add_runs_answer(CLI::App& to, command_line& line);
void add_runs_cancel(CLI::App& to, command_line& line);
void add_runs_terminate(CLI::App& to, command_line& line);
void add_runs_skip(CLI::App& to, command_line& line);
void add_runs_pause(CLI::App& to, command_line& line);
void add_runs_resume(CLI::App& to, command_line& line);
void add_runs_signal(CLI::App& to, command_line& line);
void add_runs_set_data(CLI::App& to, command_line& line);
void add_runs_retry(CLI::App& to, command_line& line);
void add_runs_rm(CLI::App& to, command_line& line);
void add_runs_keep(CLI::App& to, command_line& line);
void add_runs_export(CLI::App& to, command_line& line);
void add_runs_import(CLI::App& to, command_line& line);
void add_import(CLI::App& to, command_line& line);
void add_jobs(CLI::App& to, command_line& line);  ///< with the subcommands `add_jobs_…`
void add_jobs_start(CLI::App& to, command_line& line);
void add_jobs_watch(CLI::App& to, command_line& line);
void add_blobs(CLI::App& to, command_line& line);  ///< with the subcommands `add_blobs_…`
void add_blobs_put(CLI::App& to, command_line& line);
void add_blobs_get(CLI::App& to, command_line& line);
void add_gc(CLI::App& to, command_line& line);
void add_backup(CLI::App& to, command_line& line);
void add_fmt(CLI::App& to, command_line& line);
void add_flows(CLI::App& to, command_line& line);  ///< with the subcommands `add_flows_…`
void add_flows_convert(CLI::App& to, command_line& line);
void add_flows_graph(CLI::App& to, command_line& line);
void add_config(CLI::App& to, command_line& line);
void add_events(CLI::App& to, command_line& line);
void add_cluster(CLI::App& to, command_line& line);
void add_workers(CLI::App& to, command_line& line);
void add_functions(CLI::App& to, command_line& line);
void add_keys(CLI::App& to, command_line& line);
void add_schema(CLI::App& to, command_line& line);
void add_secrets(CLI::App& to, command_line& line);
void add_stats(CLI::App& to, command_line& line);
void add_store(CLI::App& to, command_line& line);  ///< with the subcommands
void add_store_copy(CLI::App& to, command_line& line);
void add_store_rekey(CLI::App& to, command_line& line);
void add_store_stats(CLI::App& to, command_line& line);
void add_bench(CLI::App& to, command_line& line);
void add_version(CLI::App& to, command_line& line);

/// Adds a subcommand. `examples` is printed after its options; lines must fit 80 columns.
CLI::App* add_command(CLI::App& to, const std::string& name, const std::string& description,
                      const std::string& examples);

/// A check of CLI11 for options whose empty value would mean that the option is missing.
[[nodiscard]] std::string not_empty(const std::string& value);

/// The same for numbers of checkpoints and the like.
[[nodiscard]] std::string positive_number(const std::string& value);

/// Adds `--verbose`, for commands that apply to many runs.
void add_verbose(CLI::App& to, bool& verbose);

/// Adds `--allow-exec`, for commands that execute steps.
void add_allow_exec(CLI::App& to, command_line& line);

}  // namespace pawl::cli
