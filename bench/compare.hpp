#pragma once

#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::bench {

enum class verdict { same, better, worse };

/// One figure of a workload in two documents.
struct change {
  std::string workload;  ///< with what else identifies it: "linear-10, 512 in flight, sync"
  std::string figure;    ///< "rate", "cpu_us_per_item", "p50_us" or "p99_us"
  double before = 0;     ///< median of the rounds
  double after = 0;
  double percent = 0;  ///< the change of the median
  verdict what = verdict::same;
};

struct comparison {
  std::vector<change> changes;
  std::vector<std::string> only_before;  ///< workloads that only one document has
  std::vector<std::string> only_after;
  /// What makes the comparison doubtful: another machine, other settings.
  std::vector<std::string> warnings;

  [[nodiscard]] bool any_worse() const noexcept;
};

/// Compares two documents of `pawl bench run` or `pawl bench suite`. A figure is better or worse if
/// its median has changed by more than `noise_percent`, and no round of one document is as good as
/// a round of the other: the change is larger than the spread of the rounds. Errors:
/// `invalid_argument` (not such documents; no workload is in both).
[[nodiscard]] result<comparison> compare(const json& before, const json& after,
                                         double noise_percent);

/// Checks that `document` is the output of `pawl bench run` or `suite`. Error: `invalid_argument`,
/// which names `file`.
[[nodiscard]] result<void> check_document(const json& document, const std::string& file);

/// "linear-10, 512 in flight, sync"
[[nodiscard]] std::string label_of(const json& result);

}  // namespace pawl::bench
