#include "actors/catalog.hpp"

#include <utility>

#include <spdlog/spdlog.h>
#include <caf/all.hpp>

#include "flow/definition/compiled.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"

namespace pawl::actors {
namespace {

constexpr version first_version{1, 0, 0};

version next_version(const std::optional<persistence::flow_head>& head) {
  if (!head) return first_version;
  return {head->latest.major, head->latest.minor, head->latest.patch + 1};
}

bool is_there(const std::optional<persistence::flow_head>& head) {
  return head && !head->deleted;
}

/// Why a flow is not as the caller of a put expects it.
std::optional<error> unexpected(const put_flow_options& wanted, const std::string& name,
                                const std::optional<persistence::flow_head>& head) {
  if (!wanted.if_exists && !wanted.if_latest) return std::nullopt;
  if (!is_there(head)) {
    return error{errc::conflict, "no such flow: " + name + "; nothing was stored", "version_moved"};
  }
  if (!wanted.if_latest || *wanted.if_latest == head->latest) return std::nullopt;
  return error{errc::conflict,
               "the latest version of flow \"" + name + "\" is " + to_string(head->latest) +
                   ", not " + to_string(*wanted.if_latest) + "; nothing was stored",
               "version_moved"};
}

/// The name that a definition gives itself; none if it has no such thing, which is refused later.
flow_name name_in(const json& definition) {
  if (!definition.is_object()) return {};
  const auto name = definition.find("name");
  const bool is_text = name != definition.end() && name->is_string();
  return is_text ? flow_name{name->get<std::string>()} : flow_name{};
}

/// Functions that the flow calls and its scope does not have now. They may still come; where
/// workers do what the process cannot, nobody knows them all.
void warn_unknown_functions(const engine_context& p, const scope_name& scope,
                            const flow::compiled_flow& compiled,
                            std::vector<diagnostic>& diagnostics) {
  if (!p.settings.worker.default_queue.empty()) return;
  for (const auto& ref : compiled.code_refs()) {
    const auto found = p.functions->find(scope, ref);
    if (!found)
      diagnostics.push_back({severity::warning, "", "unknown_function", found.error().message});
  }
}

/// Names that the policy for function names refuses are told to the operator too: they may be an
/// attempt to reach what must not be called.
void log_refused_names(const engine_context& p, const scope_name& scope,
                       const std::vector<diagnostic>& diagnostics) {
  for (const auto& f : diagnostics)
    if (f.code == "bad_code_ref")
      p.log->warn("a flow of scope {} is refused: {}: {}", scope.str(), f.pointer, f.message);
}

}  // namespace

catalog::catalog(caf::actor_config& config, engine_context_ptr context, caf::actor persister)
    : caf::event_based_actor(config),
      context_(std::move(context)),
      persister_(std::move(persister)) {}

caf::behavior catalog::make_behavior() {
  return {
      [this](put_flow_request& put) { enqueue(std::move(put)); },
      [this](publish_flow_request& publish) { enqueue(std::move(publish)); },
      [this](delete_flow_request& gone) { enqueue(std::move(gone)); },
      [this](const committed&) {
        std::exchange(under_way_, nullptr)(nullptr);
        begin_next();
      },
      [this](const commit_failed& failed) {
        std::exchange(under_way_, nullptr)(failed.why.get());
        begin_next();
      },
      [this](const shutdown_run&) { quit(); },  // whoever still waits is answered `unavailable`
  };
}

void catalog::enqueue(request r) {
  waiting_.push_back(std::move(r));
  begin_next();
}

void catalog::begin_next() {
  while (!under_way_ && !waiting_.empty()) {
    request next = std::move(waiting_.front());
    waiting_.pop_front();
    std::visit([this](auto& r) { begin(r); }, next);
  }
}

void catalog::commit_then(persistence::batch writes, std::function<void(const error*)> then) {
  under_way_ = std::move(then);
  send(persister_, commit{std::make_shared<const persistence::batch>(std::move(writes))});
}

void catalog::begin(put_flow_request& put) {
  const scope_name& scope = put.scope;
  const auto head = head_of(scope, name_in(*put.definition));
  if (!head) return put.answer(head.error());
  const std::optional<version>& named = put.options.version;
  version wanted = named.value_or(next_version(*head));
  auto compiled = flow::compile(*put.definition, wanted, context_->flows.allowed());
  log_refused_names(*context_, scope, compiled.diagnostics);
  auto runnable = compiled.flow_or_error();
  if (!runnable) return put.answer(std::move(runnable).error());
  warn_unknown_functions(*context_, scope, **runnable, compiled.diagnostics);

  if (auto moved = unexpected(put.options, compiled.source.name, *head))
    return put.answer(*std::move(moved));

  json canonical = flow::to_json(compiled.source);
  flow_version_id id{flow_name{compiled.source.name}, wanted};
  bool created = true;
  if (*head) {
    if (!named) id.version = (*head)->latest;
    const auto existing = definition_of(scope, id);
    if (!existing) return put.answer(existing.error());
    if (*existing == canonical) {
      created = false;  // the same once more: keep its version
    } else if (named && *existing) {
      return put.answer(error{errc::already_exists,
                              "flow " + to_string(id) +
                                  " exists with another definition; versions never change: leave "
                                  "the version out to get the next one"});
    } else {
      id.version = wanted;
    }
  }
  persistence::batch writes;
  if (created) {
    writes.put(persistence::column::flows, persistence::keys::flow_version(scope, id),
               persistence::encode_flow({std::move(canonical), context_->clock->now()}));
  }
  persistence::flow_head after = head->value_or(persistence::flow_head{id.version, {}});
  after.latest = std::max(after.latest, id.version);
  after.deleted = false;
  if (put.options.publish) after.published = id.version;
  writes.put(persistence::column::flows, persistence::keys::flow_head(scope, id.name),
             persistence::encode_flow_head(after));
  commit_then(std::move(writes),
              [this, scope, created, flow = *runnable, answer = put.answer,
               done = put_flow_request::done{id, created, std::move(compiled.diagnostics)}](
                  const error* failure) {
                if (failure != nullptr) return answer(*failure);
                if (created) context_->flows.put(scope, flow);
                answer(done);
              });
}

void catalog::begin(publish_flow_request& publish) {
  auto head = head_of(publish.scope, publish.id.name);
  if (!head) return publish.answer(std::move(head).error());
  const auto existing = definition_of(publish.scope, publish.id);
  if (!existing) return publish.answer(existing.error());
  if (!is_there(*head) || !*existing) {
    return publish.answer(persistence::no_such_version(publish.id));
  }
  (*head)->published = publish.id.version;
  persistence::batch writes;
  writes.put(persistence::column::flows,
             persistence::keys::flow_head(publish.scope, publish.id.name),
             persistence::encode_flow_head(**head));
  commit_then(std::move(writes), [answer = publish.answer](const error* failure) {
    if (failure != nullptr) return answer(*failure);
    answer({});
  });
}

void catalog::begin(delete_flow_request& gone) {
  auto head = head_of(gone.scope, gone.name);
  if (!head) return gone.answer(std::move(head).error());
  if (!is_there(*head)) {
    return gone.answer(persistence::no_such_flow(gone.name));
  }
  (*head)->deleted = true;
  (*head)->published.reset();
  persistence::batch writes;
  writes.put(persistence::column::flows, persistence::keys::flow_head(gone.scope, gone.name),
             persistence::encode_flow_head(**head));
  commit_then(std::move(writes), [answer = gone.answer](const error* failure) {
    if (failure != nullptr) return answer(*failure);
    answer({});
  });
}

result<std::optional<persistence::flow_head>> catalog::head_of(const scope_name& scope,
                                                               const flow_name& name) const {
  auto bytes = context_->store->durable_view()->get(persistence::column::flows,
                                                    persistence::keys::flow_head(scope, name));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return std::optional<persistence::flow_head>{};
  auto head = persistence::decode_flow_head(**bytes);
  if (!head) return std::move(head).error();
  return std::optional{*head};
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
