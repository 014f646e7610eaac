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
#include "cli/terminal.hpp"
#include "config/load.hpp"

namespace pawl::cli {

/// The options that every command takes: where settings come from.
struct settings_options {
  std::optional<std::string> config_file;
  std::optional<std::string> data_dir;
  std::optional<std::string> durability;
  std::optional<std::string> log_level;
  std::vector<std::string> set;           ///< "key=value"
  std::vector<std::string> listen;        ///< addresses, from `serve`
  bool old_api = false;                   ///< from `serve`
  std::vector<std::string> allow_exec;    ///< "tar,gzip", from `run`, `resume` and `retry`
  std::optional<std::string> server;      ///< in place of a data folder
  std::optional<std::string> token_file;  ///< what lets us in there
  std::optional<std::string> ca_file;     ///< whom to trust there
  std::optional<std::string> scope;       ///< of the server or the data folder
};

/// Whether a command may make the store that it works on, or even do without one.
enum class store_use { create, existing, memory };

/// What a command works with: its settings, its outputs, the signals. One thread.
class session {
 public:
  session(settings_options options, interrupts& stop_signals);

  [[nodiscard]] output& out() noexcept { return out_; }
  [[nodiscard]] const terminal& screen() const noexcept { return screen_; }
  /// Signs and colours of standard output.
  [[nodiscard]] style look() const noexcept { return {screen_.colour, screen_.utf8}; }
  [[nodiscard]] interrupts& stop_signals() noexcept { return stop_signals_; }

  /// Prints "pawl: …" to standard error, behind what standard output has so far.
  void say(std::string_view sentence);
  /// The same, and gives the exit code for it.
  exit_code fail(exit_code code, std::string_view sentence);
  exit_code fail(const error& why);

  /// Defaults < file < PAWL_* < flags. Log lines are fewer than an engine's default, "warning",
  /// unless the user says otherwise, so that the output stays clean. Errors: as `config::load`.
  [[nodiscard]] result<config::effective_settings> load_settings() const;

  /// What a command works on: the server that is named, or the store that the settings name, with
  /// an engine that leaves unfinished runs alone: each goes on when it is waited for. Of a store,
  /// unless it may be `memory`, a folder must be named; `existing`: it must hold one already.
  /// Errors: `invalid_argument`, `not_found`; as `engine::open`. A server is not asked yet.
  [[nodiscard]] result<std::unique_ptr<target>> open_target(settings s, store_use use);
  /// The same over the settings of the options.
  [[nodiscard]] result<std::unique_ptr<target>> open_target(store_use use);

  /// Whether the user says yes. False also where there is nobody to ask.
  [[nodiscard]] bool is_confirmed(const std::string& question);

  /// Whether a server is named to work on, and not a data folder.
  [[nodiscard]] bool is_served() const;
  /// The functions that steps can call where the command works. No store is opened for it. Errors:
  /// as `target::functions`.
  [[nodiscard]] result<std::vector<function_info>> known_functions(const settings& s);

  /// Closes it in order. What goes wrong then is the store's diagnostic: it becomes the exit code
  /// of a command that was good so far.
  exit_code close(target& open, exit_code so_far);

  /// The rest of a command line that works on the same store: " --data-dir DIR", or "".
  [[nodiscard]] static std::string store_flags(const settings& s);
  /// The same for one that runs steps: with " --allow-exec …" where programs are allowed.
  [[nodiscard]] static std::string step_flags(const settings& s);

 private:
  [[nodiscard]] result<std::unique_ptr<target>> open_server();
  [[nodiscard]] result<scope_name> wanted_scope() const;

  settings_options options_;
  interrupts& stop_signals_;
  terminal screen_;
  output out_;
};

}  // namespace pawl::cli
