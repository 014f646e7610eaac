#include <utility>

#include <pawl/runs.hpp>

#include "runtime/async.hpp"

namespace pawl {

result<run_removed> scope_runs::remove(const run_id& id) const {
  return await<run_removed>([&](auto done) { remove_async(id, std::move(done)); });
}

void scope_runs::remove_async(const run_id& id, callback<run_removed> done) const {
  at_.core->remove_run(at_.key(id), std::move(done));
}

result<void> scope_runs::keep(const run_id& id) const {
  return await<void>([&](auto done) { keep_async(id, std::move(done)); });
}

void scope_runs::keep_async(const run_id& id, callback<void> done) const {
  at_.core->keep_run(at_.key(id), true, std::move(done));
}

result<void> scope_runs::release(const run_id& id) const {
  return await<void>([&](auto done) { release_async(id, std::move(done)); });
}

void scope_runs::release_async(const run_id& id, callback<void> done) const {
  at_.core->keep_run(at_.key(id), false, std::move(done));
}

result<cleanup_page> scope_runs::clean_up(cleanup_options options) const {
  return await<cleanup_page>(
      [&](auto done) { clean_up_async(std::move(options), std::move(done)); });
}

void scope_runs::clean_up_async(cleanup_options options, callback<cleanup_page> done) const {
  at_.core->clean_up(at_.name, options, std::move(done));
}

}  // namespace pawl
