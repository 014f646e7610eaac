#pragma once

#include <string_view>
#include <vector>

#include <pawl/json.hpp>

#include "bench/workload.hpp"

namespace pawl::bench {

/// The format of a document; docs/cli.md describes it.
inline constexpr std::string_view document_format = "pawl-bench-1";

/// Values of several rounds: `median`, `min`, `max`, and all of them as `rounds`.
[[nodiscard]] json spread_of(std::vector<double> values);

/// One element of `results`: the rounds of one workload with one number in flight.
[[nodiscard]] json result_of(const workload& what, const round& with,
                             const std::vector<measurement>& rounds);

}  // namespace pawl::bench
