#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/session.hpp"

namespace pawl::cli {

/// What a command line asks for.
struct command_line {
  settings_options settings;
  std::function<exit_code(session&)> command;
};

/// Text that ends the program before it begins: help to standard output, a mistake to standard
/// error.
struct command_line_end {
  exit_code code = exit_code::ok;
  std::string text;
};

/// Reads a command line. `arguments`: without the program's name.
[[nodiscard]] std::variant<command_line, command_line_end> parse_command_line(
    std::vector<std::string> arguments);

}  // namespace pawl::cli
