#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace pawl::cli {

/// Help texts, all of one form: what the command does, how it is written, its arguments, options
/// and sub-commands, examples, the options that every command takes.
class help_formatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
};

}  // namespace pawl::cli
