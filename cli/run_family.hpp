#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <pawl/run.hpp>

#include "flow/definition/definition.hpp"

namespace pawl::cli {

/// One run of a family.
struct family_member {
  run_view run;
  std::shared_ptr<const flow::definition> flow = {};  ///< null if it was not loaded
};

/// A run, followed by the unfinished subflows that it waits for, directly or through others. Each
/// run comes before its own subflows.
using run_family = std::vector<family_member>;

using run_reader = std::function<result<run_view>(const run_id& id)>;

/// Reads the family of a run. At most 100 subflows are read; the others are left out, as are those
/// that cannot be read.
[[nodiscard]] run_family read_family(run_view first, const run_reader& read);

/// True if the run waits for something of this kind: "answer", "signal", "run", …
[[nodiscard]] bool waits_for(const run_view& run, std::string_view kind) noexcept;
/// True if the run asks a question.
[[nodiscard]] bool has_question(const run_view& run) noexcept;
/// True if one of the runs asks a question.
[[nodiscard]] bool has_question(const run_family& family) noexcept;

}  // namespace pawl::cli
