#include "runtime/suspects.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "persistence/commit_durably.hpp"

namespace pawl {
namespace {

result<void> note_deaths(persistence::store& store, const std::vector<crash_record::death>& last) {
  persistence::batch writes;
  const auto view = store.durable_view();
  for (const auto& each : last) {
    const auto noted = persistence::note_death(*view, each.run, each.reason, writes);
    if (!noted) return noted.error();
  }
  return persistence::commit_durably(store, writes);
}

}  // namespace

result<std::vector<persistence::suspect>> find_suspects(
    persistence::store& store, const std::vector<crash_record::death>& last, spdlog::logger& log) {
  for (const auto& each : last)
    log.error("the last process died by {} while it worked for run {} in scope {}", each.reason,
              each.run.id.str(), each.run.scope.str());
  if (!last.empty())
    if (auto noted = note_deaths(store, last); !noted) return std::move(noted).error();
  auto suspects = persistence::load_suspects(*store.durable_view());
  if (!suspects) return suspects;
  for (const auto& each : *suspects) {
    if (!each.is_quarantined()) continue;
    log.error(
        "run {} in scope {} is quarantined: the process died {} times while it worked for it, the "
        "last time by {}; fix the cause, then retry the run",
        each.run.id.str(), each.run.scope.str(), each.deaths, each.reason);
  }
  return suspects;
}

}  // namespace pawl
