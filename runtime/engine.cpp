#include <pawl/engine.hpp>

#include "actors/engine_context.hpp"
#include "runtime/async.hpp"
#include "runtime/core.hpp"
#include "runtime/queries/event_queries.hpp"
#include "runtime/queries/totals.hpp"

namespace pawl {

engine::engine(settings s)
    : engine(std::make_shared<engine_core>(std::move(s), engine_components{})) {}

engine::engine(std::shared_ptr<engine_core> core)
    : core_(std::move(core)), scope_(detail::scope_ref{core_, default_scope()}) {}

engine engine_access::make(settings s, engine_components given) {
  return engine{std::make_shared<engine_core>(std::move(s), std::move(given))};
}

engine& engine::operator=(engine&& other) noexcept {
  if (this != &other) {
    if (core_) static_cast<void>(core_->stop());
    core_ = std::move(other.core_);
    scope_ = std::move(other.scope_);
  }
  return *this;
}

engine::~engine() {
  if (core_) static_cast<void>(core_->stop());
}

result<void> engine::open() {
  return core_->open(nullptr);
}

result<void> engine::stop() {
  return core_->stop();
}

result<pawl::scope> engine::scope(std::string_view name) const {
  auto good = parse_scope_name(name);
  if (!good) return std::move(good).error();
  return pawl::scope{{core_, *std::move(good)}};
}

const settings& engine::effective_settings() const noexcept {
  return core_->settings;
}

result<void> engine::reload_secrets() {
  return core_->reload_secrets();
}

result<void> engine::ready() const {
  return core_->ready();
}

cluster_info engine::cluster() const {
  return core_->cluster();
}

result<engine_load> engine::load() const {
  const auto context = core_->running();
  if (!context) return core_->closed();
  const auto calls = context->executor->current_load();
  // One look: a call is on its way to the executor when it has just got its place.
  const auto waiting = context->waiting_calls.now();
  return engine_load{context->active_runs.used(),
                     context->calls.used(actors::call_kind::command),
                     context->calls.used(actors::call_kind::wait),
                     context->calls.used(actors::call_kind::poll),
                     context->calls.used(actors::call_kind::query),
                     context->calls.bytes(),
                     waiting.used + waiting.waiting,
                     calls.running,
                     calls.stuck,
                     context->suspects.quarantined()};
}

std::shared_ptr<subscription> engine::watch_steps(std::size_t capacity) const {
  return subscribe(*core_, {}, capacity);
}

engine_metrics engine::metrics() const {
  return core_->is_alive() ? core_->telemetry->metrics.snapshot() : engine_metrics{};
}

result<engine_totals> engine::totals() const {
  return await<engine_totals>([&](auto done) { totals_async(std::move(done)); });
}

result<backup_info> engine::back_up(const std::filesystem::path& folder) const {
  return await<backup_info>([&](auto done) { back_up_async(folder, std::move(done)); });
}

void engine::back_up_async(std::filesystem::path folder, callback<backup_info> done) const {
  core_->back_up(folder, std::move(done));
}

result<compaction_result> engine::compact() const {
  return await<compaction_result>([&](auto done) { compact_async(std::move(done)); });
}

void engine::compact_async(callback<compaction_result> done) const {
  core_->compact(std::move(done));
}

void engine::totals_async(callback<engine_totals> done) const {
  read_in_turns(core_, {default_scope(), "totals", query_cost::page}, std::move(done),
                totals_query{*core_});
}

}  // namespace pawl
