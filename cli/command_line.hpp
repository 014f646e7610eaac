#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/session.hpp"

namespace pawl::cli {

/// A parsed command line: its settings and the selected command.
struct command_line {
  settings_options settings;
  std::function<exit_code(session&)> command;
};

/// A command line that runs no command. The text is help for standard output (`ok`) or a usage
/// error for standard error.
struct command_line_end {
  exit_code code = exit_code::ok;
  std::string text;
};

/// Parses a command line. `arguments` does not include the program name.
[[nodiscard]] std::variant<command_line, command_line_end> parse_command_line(
    std::vector<std::string> arguments);

}  // namespace pawl::cli
