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
#include "cli/terminal.hpp"
#include "config/load.hpp"

namespace pawl::cli {

/// The options that every command takes: where settings come from.
struct settings_options {
  std::optional<std::string> config_file;
  std::optional<std::string> data_dir;
  std::optional<std::string> durability;
  std::optional<std::string> log_level;
  std::vector<std::string> set;         ///< "key=value"
  std::vector<std::string> listen;      ///< addresses, from `serve`
  bool old_api = false;                 ///< from `serve`
  std::vector<std::string> allow_exec;  ///< "tar,gzip", from `run`, `resume` and `retry`
};

/// Whether a command may make the store that it works on.
enum class store_use { create, existing };

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

  /// An open engine over the store that the settings name. It leaves unfinished runs alone: each
  /// goes on when it is waited for. `existing`: a folder must be named and hold a store (errors:
  /// `invalid_argument`, `not_found`). Else as `engine::open`.
  [[nodiscard]] result<std::unique_ptr<engine>> open_engine(settings s, store_use use) const;
  /// The same over the settings of the options.
  [[nodiscard]] result<std::unique_ptr<engine>> open_engine(store_use use) const;

  /// Stops the engine in order. What goes wrong then is the store's fault: it becomes the exit code
  /// of a command that was good so far.
  exit_code close(engine& open, exit_code so_far);

  /// The rest of a command line that works on the same store: " --data-dir DIR", or "".
  [[nodiscard]] static std::string store_flags(const settings& s);
  /// The same for one that runs steps: with " --allow-exec …" where programs are allowed.
  [[nodiscard]] static std::string step_flags(const settings& s);

 private:
  settings_options options_;
  interrupts& stop_signals_;
  terminal screen_;
  output out_;
};

}  // namespace pawl::cli
