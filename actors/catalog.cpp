#include "actors/catalog.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "flow/definition/compiled.hpp"
#include "flow/definition/short_form.hpp"
#include "functions/builtins/arguments.hpp"
#include "persistence/flow_numbers.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"

namespace pawl::actors {
namespace {

constexpr version first_version{1, 0, 0};

version next_version(const std::optional<persistence::flow_head>& head) {
  if (!head) return first_version;
  return {head->latest.major, head->latest.minor, head->latest.patch + 1};
}

bool exists(const std::optional<persistence::flow_head>& head) {
  return head && !head->deleted;
}

/// The error of a put whose precondition does not hold.
std::optional<error> failed_precondition(const put_flow_options& wanted, const std::string& name,
                                         const std::optional<persistence::flow_head>& head) {
  if (!wanted.if_exists && !wanted.if_latest) return std::nullopt;
  if (!exists(head)) {
    return error{errc::conflict, "no such flow: " + name + "; nothing was stored", "version_moved"};
  }
  if (!wanted.if_latest || *wanted.if_latest == head->latest) return std::nullopt;
  return error{errc::conflict,
               "the latest version of flow \"" + name + "\" is " + to_string(head->latest) +
                   ", not " + to_string(*wanted.if_latest) + "; nothing was stored",
               "version_moved"};
}

/// The name in a definition. Empty if there is none: such a definition is refused later.
flow_name name_in(const json& definition) {
  if (!definition.is_object()) return {};
  const auto name = definition.find("name");
  const bool is_text = name != definition.end() && name->is_string();
  return is_text ? flow_name{name->get<std::string>()} : flow_name{};
}

/// Warns of functions that the scope does not have now. They may be registered later. With a
/// default queue, workers may have them, so there is no warning.
void warn_unknown_functions(const engine_context& context, const scope_name& scope,
                            const flow::compiled_flow& compiled,
                            std::vector<diagnostic>& diagnostics) {
  if (!context.settings.worker.default_queue.empty()) return;
  for (const auto& ref : compiled.code_refs()) {
    const auto found = context.functions->find(scope, ref);
    if (!found)
      diagnostics.push_back({severity::warning, "", "unknown_function", found.error().message});
  }
}

/// Logs names that the policy for function names refuses: they may be an attempt to call what must
/// not be called.
void log_refused_names(const engine_context& context, const scope_name& scope,
                       const std::vector<diagnostic>& diagnostics) {
  for (const auto& d : diagnostics)
    if (d.code == "bad_code_ref")
      context.log->warn("refused a flow of scope {}: {}: {}", scope.str(), d.pointer, d.message);
}

/// The conflict of deleting a flow that unfinished runs use.
error in_use(const flow_name& name, std::int64_t runs) {
  const bool one = runs == 1;
  return {errc::conflict, "cannot delete flow " + name.str() + ": " + std::to_string(runs) +
                              (one ? " unfinished run uses it. Cancel it, or wait until it finishes"
                                   : " unfinished runs use it. Cancel them, or wait until they "
                                     "finish")};
}

/// Answers a request without a result when its commit is durable.
commit_continuation answer_when_durable(const reply<void>& answer) {
  return [answer](const error* failure) {
    if (failure != nullptr) return answer(*failure);
    answer({});
  };
}

}  // namespace

catalog::catalog(caf::actor_config& config, engine_context_ptr context, caf::actor persister)
    : actor_base(config), context_(std::move(context)), persister_(std::move(persister)) {}

caf::behavior catalog::make_behavior() {
  return {
      [this](put_flow_request& put) { enqueue(std::move(put)); },
      [this](publish_flow_request& publish) { enqueue(std::move(publish)); },
      [this](delete_flow_request& deleted) { enqueue(std::move(deleted)); },
      [this](number_flows_request& numbered) { enqueue(std::move(numbered)); },
      [this](const committed&) {
        std::exchange(current_, nullptr)(nullptr);
        start_next();
      },
      [this](const commit_failed& failed) {
        std::exchange(current_, nullptr)(failed.reason.get());
        start_next();
      },
      [this](const shutdown_run&) { quit(); },  // open requests are answered `unavailable`
  };
}

void catalog::enqueue(request r) {
  waiting_.push_back(std::move(r));
  start_next();
}

void catalog::start_next() {
  while (!current_ && !waiting_.empty()) {
    request next = std::move(waiting_.front());
    waiting_.pop_front();
    std::visit([this](auto& r) { start(r); }, next);
  }
}

void catalog::commit_then(const scope_name& scope, const flow_name& changed,
                          persistence::batch writes, commit_continuation then) {
  context_->heads.begin_change(scope, changed);
  current_ = [this, then = std::move(then)](const error* failure) {
    context_->heads.end_change();
    then(failure);
  };
  send(persister_, commit{std::make_shared<const persistence::batch>(std::move(writes))});
}

void catalog::start(put_flow_request& put) {
  const scope_name& scope = put.scope;
  const auto head =
      find_flow_head(*context_->store->durable_view(), scope, name_in(*put.definition));
  if (!head) return put.answer(head.error());
  const version wanted = put.options.version.value_or(next_version(*head));
  auto compiled = flow::compile(*put.definition, wanted, context_->flows.allowed());
  log_refused_names(*context_, scope, compiled.diagnostics);
  auto runnable = compiled.flow_or_error();
  if (!runnable) return put.answer(std::move(runnable).error());
  warn_unknown_functions(*context_, scope, **runnable, compiled.diagnostics);
  functions::check_built_in_calls(compiled);
  if (auto failed = failed_precondition(put.options, compiled.source.name, *head))
    return put.answer(*std::move(failed));

  const auto chosen =
      choose_version(put, *head, compiled.source, {flow_name{compiled.source.name}, wanted});
  if (!chosen) return put.answer(chosen.error());
  const auto& [id, created] = *chosen;
  persistence::batch writes;
  std::size_t bytes = 0;
  if (created) {
    persistence::flow_record stored{flow::to_json(compiled.source), context_->clock->now()};
    if (flow::is_short_form(*put.definition)) stored.written = *put.definition;
    auto record = persistence::encode_flow(stored);
    bytes = record.size();
    writes.put(persistence::column::flows, persistence::keys::flow_version(scope, id),
               std::move(record));
  }
  persistence::flow_head after = head->value_or(persistence::flow_head{id.version, {}});
  after.latest = std::max(after.latest, id.version);
  after.deleted = false;
  if (!created) {
    const auto now = context_->store->durable_view();
    if (auto restored = persistence::restore_version(*now, scope, id, writes); !restored)
      return put.answer(std::move(restored).error());
  }
  if (put.options.publish) after.published = id.version;
  writes.put(persistence::column::flows, persistence::keys::flow_head(scope, id.name),
             persistence::encode_flow_head(after));
  commit_then(scope, id.name, std::move(writes),
              [this, scope, bytes, flow = *runnable, answer = put.answer,
               done = put_flow_request::done{id, created, std::move(compiled.diagnostics)}](
                  const error* failure) {
                if (failure != nullptr) return answer(*failure);
                if (done.created) context_->flows.put(scope, flow, bytes);
                answer(done);
              });
}

result<catalog::chosen_version> catalog::choose_version(
    const put_flow_request& put, const std::optional<persistence::flow_head>& head,
    const flow::definition& given, flow_version_id wanted) const {
  if (!head) return chosen_version{std::move(wanted)};
  const bool is_named = put.options.version.has_value();
  const flow_version_id compared{wanted.name, is_named ? wanted.version : head->latest};
  const auto existing = definition_of(put.scope, compared);
  if (!existing) return existing.error();
  if (*existing && flow::means_the_same(**existing, given)) return chosen_version{compared, false};
  if (is_named && *existing) {
    return error{errc::already_exists, "flow " + to_string(compared) +
                                           " exists with another definition, and versions are "
                                           "immutable; omit the version to get the next one"};
  }
  return chosen_version{std::move(wanted)};
}

void catalog::start(publish_flow_request& publish) {
  auto head = find_flow_head(*context_->store->durable_view(), publish.scope, publish.id.name);
  if (!head) return publish.answer(std::move(head).error());
  const auto existing = definition_of(publish.scope, publish.id);
  if (!existing) return publish.answer(existing.error());
  if (!exists(*head) || !*existing) return publish.answer(persistence::no_such_version(publish.id));
  (*head)->published = publish.id.version;
  persistence::batch writes;
  writes.put(persistence::column::flows,
             persistence::keys::flow_head(publish.scope, publish.id.name),
             persistence::encode_flow_head(**head));
  commit_then(publish.scope, publish.id.name, std::move(writes),
              answer_when_durable(publish.answer));
}

void catalog::start(delete_flow_request& deleted) {
  auto head = find_flow_head(*context_->store->durable_view(), deleted.scope, deleted.name);
  if (!head) return deleted.answer(std::move(head).error());
  if (!exists(*head)) return deleted.answer(persistence::no_such_flow(deleted.name));
  const auto unfinished = context_->store->durable_view()->counter(
      persistence::keys::unfinished_runs(deleted.scope, deleted.name));
  if (!unfinished) return deleted.answer(unfinished.error());
  if (*unfinished > 0) return deleted.answer(in_use(deleted.name, *unfinished));
  (*head)->deleted = true;
  (*head)->published.reset();
  persistence::batch writes;
  const auto now = context_->store->durable_view();
  if (auto good = persistence::withdraw_versions(*now, deleted.scope, deleted.name, writes); !good)
    return deleted.answer(std::move(good).error());
  writes.put(persistence::column::flows, persistence::keys::flow_head(deleted.scope, deleted.name),
             persistence::encode_flow_head(**head));
  commit_then(deleted.scope, deleted.name, std::move(writes), answer_when_durable(deleted.answer));
}

void catalog::start(number_flows_request& numbered) {
  const auto now = context_->store->durable_view();
  persistence::flow_numbering numbering{*now, numbered.scope};
  std::vector<flow_numbers> found;
  for (const auto& each : numbered.changes) {
    auto numbers = numbering.apply(each);
    if (!numbers) return numbered.answer(std::move(numbers).error());
    found.push_back(*std::move(numbers));
  }
  if (numbering.writes().empty()) return numbered.answer(std::move(found));
  current_ = [answer = numbered.answer, found = std::move(found)](const error* failure) {
    if (failure != nullptr) return answer(*failure);
    answer(found);
  };
  send(persister_, commit{std::make_shared<const persistence::batch>(numbering.take_writes())});
}

result<std::optional<json>> catalog::definition_of(const scope_name& scope,
                                                   const flow_version_id& id) const {
  auto bytes = context_->store->durable_view()->get(persistence::column::flows,
                                                    persistence::keys::flow_version(scope, id));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return std::optional<json>{};
  auto record = persistence::decode_flow(**bytes);
  if (!record) return std::move(record).error();
  return std::optional{std::move(record->definition)};
}

}  // namespace pawl::actors
