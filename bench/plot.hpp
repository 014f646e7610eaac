#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::bench {

/// A document and the name that its curves have.
struct named_document {
  std::string name;
  json document;
};

/// Draws the documents with gnuplot: `latency.svg`, the latency distributions (percentile against
/// time), and `throughput.svg`, the rate against the number in flight, of the workloads that were
/// measured with several numbers. Creates `folder` if needed, and keeps the scripts of gnuplot
/// there. Returns the pictures. Errors: `not_found` (gnuplot is not installed), `io_failed`.
[[nodiscard]] result<std::vector<std::filesystem::path>> plot(
    const std::vector<named_document>& documents, const std::filesystem::path& folder);

/// The script for `latency.svg`.
[[nodiscard]] std::string latency_script(const std::vector<named_document>& documents,
                                         const std::string& picture);
/// The script for `throughput.svg`. Empty if no workload was measured with several numbers.
[[nodiscard]] std::string throughput_script(const std::vector<named_document>& documents,
                                            const std::string& picture);

}  // namespace pawl::bench
