#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/time.hpp>

#include "cli/old_engine/old_flows.hpp"
#include "cli/old_engine/old_import.hpp"

namespace pawl::cli {

/// All that an import has done, for people who check and sign it.
struct old_report {
  std::filesystem::path database;
  time_point at{};  ///< when the import began
  bool dry_run = false;
  old_import_report totals;
  std::vector<old_note> rows;  ///< every row, in the order in which they were read
};

enum class report_form { text, json, html };
/// The form that the ending of a file names: .txt, .json or .html; none for others.
[[nodiscard]] std::optional<report_form> report_form_of(const std::filesystem::path& file);

/// The report, with the SHA-256 of the database; text and HTML end with lines for names. Error:
/// `io_failed` if the database cannot be read.
[[nodiscard]] result<std::string> render(const old_report& report, report_form form);

/// Writes the report. An existing file is replaced. Errors: `io_failed`, as `render`.
[[nodiscard]] result<void> write_report(const old_report& report, report_form form,
                                        const std::filesystem::path& file);

}  // namespace pawl::cli
