#include "runtime/core.hpp"

#include <future>
#include <optional>

#include <spdlog/spdlog.h>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/all.hpp>

#include "actors/loader.hpp"
#include "actors/store_failure.hpp"
#include "actors/supervisor.hpp"
#include "functions/secrets/load.hpp"
#include "persistence/clock_lead.hpp"
#include "persistence/store_ownership.hpp"
#include "persistence/store_upkeep.hpp"
#include "runtime/call_size.hpp"
#include "runtime/callbacks.hpp"
#include "runtime/components.hpp"
#include "runtime/logging.hpp"
#include "runtime/queries/start_commands.hpp"
#include "runtime/removals.hpp"
#include "runtime/run_uploads.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/suspects.hpp"

namespace pawl {
namespace {

/// Number of threads that read for queries: pages and whole states have all but one of them. Each
/// may hold a state as records, values and text, so this number bounds memory, too.
constexpr std::uint32_t reader_threads = 3;

/// Calls a function on a scheduler thread, and ends.
class scheduler_probe : public caf::event_based_actor {
 public:
  scheduler_probe(caf::actor_config& config, std::function<void()> call)
      : caf::event_based_actor(config), call_(std::move(call)) {}
  caf::behavior make_behavior() override {
    call_();
    return {};
  }
  const char* name() const override { return "pawl.scheduler_probe"; }

 private:
  const std::function<void()> call_;
};

}  // namespace

/// The actor system of an engine that has its own.
struct engine_core::hosting {
  struct system_config : caf::actor_system_config {
    explicit system_config(const pawl::settings& s) {
      set("scheduler.max-threads", std::size_t{s.engine.scheduler_thread_count()});
      use_pawl_scheduler(*this);
    }
  };
  explicit hosting(const pawl::settings& s) : config(s), system(config) {}
  system_config config;
  caf::actor_system system;
};

engine_core::engine_core(pawl::settings s, engine_components given)
    : settings(std::move(s)),
      functions(given.functions ? std::move(given.functions) : make_registry(settings)),
      ids(given.ids ? std::move(given.ids) : make_uuid_source()),
      telemetry(std::make_shared<actors::engine_telemetry>()),
      given_(std::move(given)),
      scheduler_watch_(given_.stall_limit) {}

engine_core::~engine_core() {
  static_cast<void>(stop());
}

result<std::unique_ptr<persistence::store>> engine_core::open_store() const {
  return given_.open_store ? given_.open_store() : pawl::open_store(settings, given_.log);
}

bool engine_core::can_reopen() const {
  return !given_.only_reads && (given_.open_store || settings.storage.is_kept());
}

result<std::shared_ptr<actors::engine_context>> engine_core::make_context() {
  if (auto good = settings.check(); !good) return good.error();
  if (!given_.log) {
    auto made = make_logger(settings.log);
    if (!made) return std::move(made).error();
    given_.log = *std::move(made);
  }
  if (!given_.clock) given_.clock = make_system_clock();
  if (!given_.rng) given_.rng = make_rng();
  telemetry->activity.begin(given_.clock->now());
  auto store = open_store();
  if (!store) return std::move(store).error();
  warn_if_shared(settings.storage.data_dir, *given_.log);
  const auto deaths = open_crash_record();
  if (!deaths) return deaths.error();
  if (!engine_time_) {
    const auto lead = persistence::load_clock_lead(*(*store)->durable_view());
    if (!lead) return lead.error();
    engine_time_ = std::make_shared<actors::engine_time>(given_.clock, *lead);
  }
  if (!given_.only_reads)
    if (auto done = finish_removals(**store, *given_.log); !done) return std::move(done).error();
  auto suspects = find_suspects(**store, *deaths, *given_.log);
  if (!suspects) return std::move(suspects).error();
  if (crash_record_) crash_record_->clear();
  const auto timers = std::make_shared<actors::step_timers>(engine_time_);
  auto executor = make_executor(settings, *given_.clock, timers, (*store)->ownership(), given_.log);
  auto made = std::make_shared<actors::engine_context>(
      settings, *std::move(store), given_.clock, engine_time_, given_.rng, functions,
      std::move(executor), actors::make_thread_loader(settings.engine.load_threads), given_.log,
      telemetry, *std::move(suspects),
      crash_record_ ? crash_record_->loads() : actors::load_notes{});
  made->step_timers = timers;
  made->secrets = secrets;
  // An engine that only reads deletes no files, and writes nothing into a folder of another
  // process.
  if (!given_.only_reads) made->files = make_run_uploads(settings, given_.log);
  made->queries = std::make_unique<actors::job_pool>("pawl.reader", reader_threads);
  made->upkeep = std::make_unique<actors::job_pool>("pawl.upkeep", 1);
  made->on_store_failed = [this, generation = ++generation_](const error& why) {
    on_store_failed(generation, why);
  };
  if (auto* const ownership = made->store->ownership()) {
    // The store is closed before the context ends.
    ownership->at_loss(
        [context = made.get()](const error& why) { actors::close_store(*context, why); });
  }
  return made;
}

result<std::vector<crash_record::death>> engine_core::open_crash_record() {
  std::vector<crash_record::death> last;
  const bool has_folder = !given_.open_store && !settings.storage.data_dir.empty();
  if (!has_folder || !settings.engine.crash_record || crash_record_) return last;
  auto opened = crash_record::open(settings.storage.data_dir, last);
  if (!opened) return std::move(opened).error();
  crash_record_ = *std::move(opened);
  return last;
}

result<void> engine_core::reload_secrets() {
  auto loaded = functions::load_secrets(settings.secrets);
  if (!loaded) return std::move(loaded).error();
  secrets->replace(*std::move(loaded));
  return {};
}

result<void> engine_core::open(caf::actor_system* host) {
  const std::lock_guard lock{mutex_};
  if (opened_) return error{errc::unavailable, "an engine can be opened only once"};
  if (auto read = reload_secrets(); !read) return read;
  auto made = make_context();
  if (!made && (!stands_by(made.error()) || made.error().type == "same_name"))
    return std::move(made).error();
  opened_ = true;
  if (can_reopen()) {
    restarter_ =
        std::make_unique<restarter>(restarter::waits{settings.engine.restart_first_delay_ms,
                                                     settings.engine.restart_max_delay_ms},
                                    [this] { return reopen(); });
  }
  const auto start = [&] {
    if (host == nullptr) {
      hosting_ = std::make_unique<hosting>(settings);
      host = &hosting_->system;
    }
    system_ = host;
    if (made) adopt(*std::move(made));
  };
  // CAF's actor system registers the thread that constructs it and its destructor waits until that
  // entry is gone. On a temporary thread the entry goes now, so any thread can stop the engine.
  if (!given_.only_reads) {
    std::async(std::launch::async, start).get();
  } else {
    context_ = *std::move(made);
  }
  if (context_) return {};
  note_owner(made.error());
  restarter_->failed();
  return {};
}

void engine_core::adopt(std::shared_ptr<actors::engine_context> made) {
  if (const auto* const owned = made->store->ownership()) {
    ++takeovers_;
    role_since_ = given_.clock->now();
    const auto survived = owned->survives();
    given_.log->info(
        "this process owns the store in the database now, in epoch {}; its commits survive {}",
        owned->epoch(),
        survived.machine ? "the loss of the database's machine"
        : survived.power ? "a power failure of the database's machine, not its loss (it has no "
                           "synchronous standby)"
                         : "the death of this process, not a power failure of the database's "
                           "machine (storage.durability, fsync)");
  }
  actors_ = std::make_shared<const actors::engine_actors>(
      actors::start_actors(*system_, made, actors::blocking_actors::own_threads));
  context_ = std::move(made);
}

bool engine_core::stands_by(const error& why) const {
  const bool has_owner = why.type == "standby" || why.type == "same_name";
  return settings.cluster.standby && has_owner && can_reopen();
}

void engine_core::note_owner(const error& why) {
  if (!failure_) role_since_ = given_.clock->now();
  if (!failure_ || failure_->message != why.message)
    given_.log->info("this process stands by: {}", why.message);
  failure_ = why;
  failure_->type = "standby";  // also for an owner of the same name, such as a session of this one
}

void engine_core::end_in_order(const admitted& ended, std::chrono::milliseconds patience) {
  if (auto* const upkeep = ended.context->store->upkeep()) upkeep->cancel();
  // Outcomes of steps that finish in time still become durable: the runs exist until the
  // supervisor shuts them down.
  ended.context->executor->stop(patience);
  if (ended.actors) {
    auto stopped = actors::make_awaited_reply<void>();
    caf::anon_send(ended.actors->supervisor, actors::stop_request{std::move(stopped.answer)});
    stopped.future.wait();
  }
  ended.context->queries->stop();
  ended.context->upkeep->stop();
  ended.context->loader->stop();
}

void engine_core::on_store_failed(std::uint64_t generation, const error& why) {
  const std::lock_guard lock{mutex_};
  if (generation != generation_ || failure_) return;
  failure_ = why;
  role_since_ = given_.clock->now();
  if (why.type == "fenced") ++losses_;
  if (restarter_) restarter_->failed();
}

result<void> engine_core::reopen() {
  if (const auto open = running()) {
    if (auto writable = open->store->check_writable(); !writable) {
      const std::lock_guard lock{mutex_};
      if (!failure_ || failure_->message != writable.error().message)
        given_.log->error("the store is not opened again yet: {}", writable.error().message);
      failure_ = writable.error();
      return writable;
    }
  }
  admitted failed;
  {
    const std::lock_guard lock{mutex_};
    failed = {std::exchange(context_, nullptr), std::exchange(actors_, nullptr)};
  }
  if (failed.context) {
    // Results of running functions cannot be recorded; the functions are called again.
    end_in_order(failed, std::chrono::milliseconds{0});
    static_cast<void>(failed.context->store->close());
    ended_ = failed.context;
    failed = {};
  }
  if (!ended_.expired())
    return error{errc::unavailable, "the failed store is still in use by a reader"};
  auto made = make_context();
  const std::lock_guard lock{mutex_};
  if (!made && stands_by(made.error())) {
    note_owner(made.error());
    return std::move(made).error();
  }
  if (!made) {
    if (!failure_ || failure_->message != made.error().message)
      given_.log->error("cannot open the store again: {}", made.error().message);
    // A read that still uses the failed store says nothing about why it failed.
    if (made.error().code != errc::locked) failure_ = made.error();
    return std::move(made).error();
  }
  if (failure_ && failure_->type != "standby")
    given_.log->warn("the store is open again; unfinished runs resume from their last checkpoints");
  failure_.reset();
  adopt(*std::move(made));
  return {};
}

void engine_core::at_stop(std::function<void()> what) {
  const std::lock_guard lock{mutex_};
  at_stop_ = std::move(what);
}

result<void> engine_core::stop() {
  if (is_answering(*telemetry)) {
    return error{errc::illegal_transition,
                 "an engine cannot be stopped inside one of its callbacks, because it waits for "
                 "them; call stop() on another thread"};
  }
  {
    const std::lock_guard lock{mutex_};
    if (!opened_ || std::exchange(stopped_, true)) return {};
    if (context_) context_->admitted.close(actors::admission::state::stopping);
  }
  if (restarter_) restarter_->end();
  admitted open;
  {
    const std::lock_guard lock{mutex_};
    open = {context_, actors_};
  }
  if (open.context) {
    open.context->admitted.close(actors::admission::state::stopping);
    end_in_order(open, settings.engine.stop_timeout_ms);
  }
  telemetry->events.close();
  std::unique_ptr<hosting> host;
  {
    const std::lock_guard lock{mutex_};
    context_.reset();
    actors_.reset();
    host = std::move(hosting_);
    if (at_stop_) std::exchange(at_stop_, nullptr)();
  }
  open.actors.reset();
  host.reset();  // waits until its last actor has ended
  if (open.context) return open.context->store->close();
  // A process that stands by has nothing to lose.
  return failure_ && failure_->type != "standby" ? result<void>{*failure_} : result<void>{};
}

error engine_core::closed() const {
  const std::lock_guard lock{mutex_};
  if (!opened_) return {errc::unavailable, "the engine is not open; call open() first"};
  if (stopped_) return {errc::unavailable, "the engine is stopping"};
  if (given_.only_reads) {
    return {errc::read_only,
            "the store is opened to be read only; if another process has it open, use --server "
            "URL"};
  }
  if (!failure_) return {errc::unavailable, "the engine is stopping"};
  if (failure_->type == "standby") {
    error refusal{errc::unavailable, "this process stands by: " + failure_->message, "standby"};
    refusal.details = failure_->details;
    return refusal;
  }
  return {errc::unavailable,
          std::string{restarter_ ? "the store has failed and will be opened again: "
                                 : "the store has failed and accepts no writes: "} +
              failure_->message,
          "store_failed"};
}

result<void> engine_core::ready() const {
  const auto p = running();
  if (!p || !p->admitted.is_open()) return closed();
  if (auto stalled = stall(*p)) return *std::move(stalled);
  return {};
}

cluster_info engine_core::cluster() const {
  cluster_info found;
  const std::lock_guard lock{mutex_};
  found.takeovers = takeovers_;
  found.losses = losses_;
  const auto* const owned = context_ ? context_->store->ownership() : nullptr;
  if (owned == nullptr && settings.storage.url.empty()) return found;
  found.node = node_name(settings.cluster);
  found.since = role_since_;
  if (owned != nullptr && !failure_) {
    found.role = cluster_role::owner;
    found.owner = found.node;
    found.owner_url = settings.cluster.advertise;
    found.epoch = static_cast<std::uint64_t>(owned->epoch());
    found.lease_age = owned->lease_age();
    const auto survived = owned->survives();
    found.survives_power_loss = survived.power;
    found.survives_machine_loss = survived.machine;
    return found;
  }
  found.role = cluster_role::standby;
  if (failure_ && failure_->details) {
    found.owner = failure_->details->value("owner", "");
    found.owner_url = failure_->details->value("url", "");
    found.epoch = failure_->details->value("epoch", std::uint64_t{0});
  }
  return found;
}

std::optional<error> engine_core::stall(const actors::engine_context& of) const {
  const auto stuck = of.executor->current_load().stuck;
  if (stuck > 0 && stuck >= settings.executor.max_stuck) {
    return error{errc::unavailable,
                 std::to_string(stuck) +
                     " functions do not return, the maximum (executor.max_stuck); no function is "
                     "called until one of them returns",
                 "stalled"};
  }
  const std::lock_guard lock{mutex_};
  if (stopped_ || system_ == nullptr) return std::nullopt;
  const auto waited = scheduler_watch_.check(
      stall_watch::steady::now(),
      [this](std::function<void()> probe) { system_->spawn<scheduler_probe>(std::move(probe)); });
  if (!waited) return std::nullopt;
  return error{errc::unavailable,
               "no scheduler thread has answered for " + std::to_string(waited->count()) +
                   " ms: an inline function does not return, or the machine is overloaded",
               "stalled"};
}

bool engine_core::is_alive() const {
  const std::lock_guard lock{mutex_};
  return opened_ && !stopped_;
}

std::shared_ptr<actors::engine_context> engine_core::running() const {
  const std::lock_guard lock{mutex_};
  return context_;
}

result<engine_core::admitted> engine_core::admit(const actors::call_place& wanted) const {
  admitted open;
  {
    const std::lock_guard lock{mutex_};
    open = {context_, actors_};
  }
  if (!open.context) return closed();
  const auto state = open.context->admitted.now();
  const bool can_read =
      wanted.kind == actors::call_kind::query && state == actors::admission::state::store_failed;
  const bool is_refused = given_.only_reads && wanted.kind != actors::call_kind::query;
  if (is_refused || (state != actors::admission::state::open && !can_read)) return closed();
  if (auto taken = open.context->calls.try_take(wanted); !taken) return std::move(taken).error();
  return open;
}

void engine_core::start(flow::start_command what, actors::wanted_version version,
                        callback<run_started> done) {
  const run_key key = what.key;
  auto shared = std::make_shared<flow::command>(std::move(what));
  actors::call_place place{actors::call_kind::command, key.scope, call_size(*shared)};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done))
                    .after<actors::command_done>([](actors::command_done d) {
                      return run_started{d.run.key.id, d.run.flow, d.run.status, d.changed};
                    });
  actors::run_command command{key, std::move(shared), std::move(answer)};
  command.version = version;
  caf::anon_send(open->actors->shard_of(key), std::move(command));
}

actors::run_command engine_core::make_command(const admitted& open, actors::call_place place,
                                              run_key key, flow::command what,
                                              callback<run_changed> done) {
  auto answer = reply_to(open.context, std::move(place), std::move(done))
                    .after<actors::command_done>([](actors::command_done d) {
                      return run_changed{std::move(d.run), d.before.value_or(run_status::running),
                                         d.changed, d.pausing, std::move(d.warnings)};
                    });
  return {std::move(key), std::make_shared<flow::command>(std::move(what)), std::move(answer)};
}

void engine_core::command(run_key key, flow::command what, callback<run_changed> done,
                          std::optional<std::uint64_t> if_checkpoint, std::string by) {
  if (auto good = check_sender(by); !good) return done(std::move(good).error());
  actors::call_place place{actors::call_kind::command, key.scope, call_size(what)};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto command = make_command(*open, std::move(place), key, std::move(what), std::move(done));
  command.if_checkpoint = if_checkpoint;
  command.by = std::move(by);
  caf::anon_send(open->actors->shard_of(key), std::move(command));
}

void engine_core::wait(run_key key, std::chrono::milliseconds timeout,
                       callback<actors::ended_run> done, std::stop_token withdrawn) {
  actors::call_place place{actors::call_kind::wait, key.scope, 0};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  const auto deadline = caf::actor_clock::clock_type::now() + std::min(timeout, max_duration);
  caf::anon_send(open->actors->shard_of(key),
                 actors::wait_finished{key, deadline, std::move(answer), std::move(withdrawn)});
}

void engine_core::put_flow(const scope_name& in, json definition, const put_flow_options& options,
                           callback<flow_stored> done) {
  actors::call_place place{actors::call_kind::command, in, call_size(definition)};
  const auto open = admit(place);
  if (!open) return done(open.error());
  using stored = actors::put_flow_request::done;
  auto answer =
      reply_to(open->context, std::move(place), std::move(done)).after<stored>([](stored d) {
        return flow_stored{std::move(d.id), d.created, std::move(d.warnings)};
      });
  caf::anon_send(open->actors->catalog,
                 actors::put_flow_request{in, std::make_shared<const json>(std::move(definition)),
                                          options, std::move(answer)});
}

void engine_core::publish_flow(const scope_name& in, const flow_version_id& id,
                               callback<void> done) {
  actors::call_place place{actors::call_kind::command, in, command_overhead_bytes};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  caf::anon_send(open->actors->catalog, actors::publish_flow_request{in, id, std::move(answer)});
}

void engine_core::number_flows(const scope_name& in, std::vector<flow_numbers_change> changes,
                               callback<std::vector<flow_numbers>> done) {
  actors::call_place place{actors::call_kind::command, in,
                           command_overhead_bytes + changes.size() * sizeof changes.front()};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  caf::anon_send(open->actors->catalog,
                 actors::number_flows_request{in, std::move(changes), std::move(answer)});
}

double engine_core::draw() const {
  const auto p = running();
  return p ? p->rng->draw() : 0.5;
}

void engine_core::delete_flow(const scope_name& in, const flow_name& name, callback<void> done) {
  actors::call_place place{actors::call_kind::command, in, command_overhead_bytes};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  caf::anon_send(open->actors->catalog, actors::delete_flow_request{in, name, std::move(answer)});
}

void engine_core::read_later(query_call wanted, callback<void> ready) {
  read_in_turns(
      std::move(wanted), [] { return result<bool>{true}; }, std::move(ready));
}

void engine_core::read_in_turns(query_call wanted, std::function<result<bool>()> turn,
                                callback<void> done) {
  using actors::job_pool;
  actors::call_place place{actors::call_kind::query, wanted.in, wanted.bytes};
  const auto open = admit(place);
  if (!open) return done(open.error());
  const auto answer = reply_to(open->context, std::move(place), std::move(done));
  const auto kind =
      wanted.cost == query_cost::point ? job_pool::kind::brief : job_pool::kind::lengthy;
  open->context->queries->post_turns({kind, wanted.in.str(), wanted.name},
                                     [answer, turn = std::move(turn)] {
                                       const auto finished = turn();
                                       if (finished && !*finished)
                                         return job_pool::progress::unfinished;
                                       answer(finished ? result<void>{} : finished.error());
                                       return job_pool::progress::finished;
                                     },
                                     {std::move(wanted.withdrawn), [answer] {
                                        answer(error{errc::cancelled, "the query was withdrawn"});
                                      }});
}

}  // namespace pawl
