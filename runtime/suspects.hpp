#pragma once

#include <optional>
#include <vector>

#include <pawl/result.hpp>

#include "persistence/quarantine.hpp"
#include "runtime/crash_record.hpp"

namespace spdlog {
class logger;
}

namespace pawl {

/// Notes the last death of the process in the store, durably, and returns all runs during whose
/// work the process has died. Logs the death, and the runs that are quarantined. Errors: those of
/// the store.
[[nodiscard]] result<std::vector<persistence::suspect>> find_suspects(
    persistence::store& store, const std::optional<crash_record::death>& last, spdlog::logger& log);

}  // namespace pawl
