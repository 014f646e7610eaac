#pragma once

#include <cstdint>

#include "cli/session.hpp"

namespace pawl::cli {

/// Prints the state that a run had at a checkpoint.
exit_code show_state_at(session& s, target& open, const run_id& id, std::uint64_t checkpoint,
                        bool as_json);

}  // namespace pawl::cli
