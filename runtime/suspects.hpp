#pragma once

#include <vector>

#include <pawl/result.hpp>

#include "persistence/quarantine.hpp"
#include "runtime/crash_record.hpp"

namespace spdlog {
class logger;
}

namespace pawl {

/// Notes the runs that the last process may have died of in the store, durably, and returns all
/// runs during whose work a process has died. Logs the deaths, and the runs that are quarantined.
/// Errors: those of the store.
[[nodiscard]] result<std::vector<persistence::suspect>> find_suspects(
    persistence::store& store, const std::vector<crash_record::death>& last, spdlog::logger& log);

}  // namespace pawl
