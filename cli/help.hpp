#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace pawl::cli {

/// Formats help: description, usage, arguments, commands, options, common options, examples. Lines
/// have at most 80 columns; footers must be wrapped by their authors.
class help_formatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
};

}  // namespace pawl::cli
