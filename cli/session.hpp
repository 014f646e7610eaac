#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/engine.hpp>

#include "cli/exit_code.hpp"
#include "cli/interrupts.hpp"
#include "cli/output.hpp"
#include "cli/target.hpp"
#include "cli/target/server_address.hpp"
#include "cli/terminal.hpp"
#include "config/load.hpp"

namespace pawl::cli {

/// The options that every command takes: sources of settings and the choice of a target.
struct settings_options {
  std::optional<std::string> config_file;
  std::optional<std::string> data_dir;
  std::optional<std::string> durability;
  std::optional<std::string> log_level;
  std::vector<std::string> set;           ///< "key=value"
  std::vector<std::string> listen;        ///< addresses; `serve` only
  bool old_api = false;                   ///< `serve` only
  std::vector<std::string> allow_exec;    ///< "tar,gzip"; commands that execute steps
  std::optional<std::string> server;      ///< URL, in place of a data folder
  std::optional<std::string> token_file;  ///< file with the API key
  std::optional<std::string> ca_file;     ///< trusted CA certificates
  std::optional<std::string> scope;       ///< of the server or the data folder
};

/// Whether a command creates the store, needs an existing one, only reads an existing one, or may
/// run in memory. A command that only reads also works while another process has the store open.
enum class store_use { create, existing, read, memory };

/// The context of a command: settings, output, signals and access to the target. Not thread-safe.
class session {
 public:
  session(settings_options options, interrupts& stop_signals);

  [[nodiscard]] output& out() noexcept { return out_; }
  [[nodiscard]] const terminal& screen() const noexcept { return screen_; }
  /// The colours and character set of standard output.
  [[nodiscard]] text_style style() const noexcept { return {screen_.colour, screen_.utf8}; }
  [[nodiscard]] interrupts& stop_signals() noexcept { return stop_signals_; }

  /// Flushes standard output, then prints "pawl: …" to standard error.
  void print_message(std::string_view sentence);
  /// Prints the message and returns `code`.
  exit_code fail(exit_code code, std::string_view sentence);
  /// Prints the error and returns its exit code.
  exit_code fail(const error& why);

  /// Loads settings: defaults < file < PAWL_* variables < options. The defaults of `log.level`
  /// and `log.failed_runs` are "warning" and false here, so that log lines do not mix with output.
  /// Errors: as `config::load`.
  [[nodiscard]] result<config::effective_settings> load_settings() const;

  /// Opens the target: the server of the options, else the data folder of the settings. The engine
  /// on a data folder activates no unfinished run; a run executes once a command waits for it,
  /// or when one of its timers is due. With `read` no run executes and nothing is written.
  /// Connects to no server yet. `memory` also accepts settings without a data folder; `existing`
  /// and `read` require a store in it. Errors: `invalid_argument`, `not_found`; as `engine::open`,
  /// and `open_store_beside_writer` for `read`.
  [[nodiscard]] result<std::unique_ptr<target>> open_target(settings s, store_use use);
  /// Loads the settings first.
  [[nodiscard]] result<std::unique_ptr<target>> open_target(store_use use);

  /// Says that the store is read while another process has it open.
  void print_read_beside_writer();

  /// Asks a yes-or-no question. Returns false if standard input is not a terminal.
  [[nodiscard]] bool is_confirmed(const std::string& question);

  /// True if the command works on a server, false for a data folder.
  [[nodiscard]] bool uses_server() const;
  /// True if the command line names the server.
  [[nodiscard]] bool names_server() const noexcept { return options_.server.has_value(); }
  /// True if the command line names a data folder.
  [[nodiscard]] bool names_data_dir() const noexcept { return options_.data_dir.has_value(); }
  /// The server, and how to access it. Errors: `invalid_argument`; as `read_text` (the API key).
  [[nodiscard]] result<server_access> server() const;
  /// The scope that the command works on. Errors: `invalid_argument`.
  [[nodiscard]] result<scope_name> selected_scope() const;
  /// The functions that steps can call on the target. Opens no store. Errors: as
  /// `target::functions`.
  [[nodiscard]] result<std::vector<function_info>> available_functions(const settings& s);

  /// The functions that workers of the server ask tasks of, or that have tasks in a queue. Empty if
  /// the caller may not list workers.
  [[nodiscard]] std::vector<std::string> worker_functions();

  /// Closes the target. Returns `so_far`, or `store` if closing failed after success.
  exit_code close(target& open, exit_code so_far);

  /// Options that select the same store in another command: " --data-dir DIR", or "".
  [[nodiscard]] static std::string store_flags(const settings& s);
  /// `store_flags` and, where programs are allowed, " --allow-exec …".
  [[nodiscard]] static std::string step_flags(const settings& s);

 private:
  [[nodiscard]] result<std::unique_ptr<target>> open_server();

  settings_options options_;
  interrupts& stop_signals_;
  terminal screen_;
  output out_;
};

}  // namespace pawl::cli
