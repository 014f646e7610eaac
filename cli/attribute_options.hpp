#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <pawl/result.hpp>
#include <pawl/run_attributes.hpp>

/// The option `--attr NAME=VALUE`, by which a start gives attributes.
namespace pawl::cli {

void add_attribute_option(CLI::App& to, std::vector<std::string>& given);

/// Errors: `invalid_argument` for a text without "=", for a name that is given twice, and as
/// `check_attributes`.
[[nodiscard]] result<attribute_map> read_attribute_options(const std::vector<std::string>& given);

}  // namespace pawl::cli
