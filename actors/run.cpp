#include "actors/run.hpp"

#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "actors/blob_check.hpp"
#include "actors/signal_stack.hpp"
#include "actors/start_flow.hpp"
#include "persistence/not_found.hpp"

namespace pawl::actors {
namespace {

/// How long a run lingers in memory for its workers. Long compared to what a busy worker needs for
/// a task, short compared to the time that runs wait in a queue.
constexpr std::chrono::seconds linger_time{1};

/// A check against a JSON Schema that takes more steps is made by the loader: these take 20 to
/// 60 us, about what the way there and back costs, so that the values of most flows never go it.
constexpr std::uint64_t most_steps_in_place = 2'000;

}  // namespace

run_actor::run_actor(caf::actor_config& config, engine_context_ptr context, run_key key,
                     caf::actor directory, caf::actor persister, caf::actor timer,
                     caf::actor dispatcher, active_place place)
    : actor_base(config),
      context_(std::move(context)),
      key_(std::move(key)),
      directory_(std::move(directory)),
      persister_(std::move(persister)),
      timer_(std::move(timer)),
      dispatcher_(std::move(dispatcher)),
      recorder_(key_) {
  if (place == active_place::to_take) context_->active_runs.take();
  set_exception_handler([](std::exception_ptr& thrown) -> caf::error {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      return caf::make_error(caf::sec::runtime_error, e.what());
    }
  });
}

run_actor::~run_actor() {
  context_->active_runs.give_back();
}

/// Cancels the calls of a crashed run, and leaves the queues: its next actor makes them again.
void run_actor::on_exit() {
  for (const auto& [token, call] : calls_) context_->executor->cancel(call.id);
  turns_.clear();  // they refer to this actor
  reads_.clear();  // they hold messages, which refer to other actors
  stash_.clear();  // answers `unavailable`
}

template <class Handle>
void run_actor::work(Handle handle) {
  provide_signal_stack();
  const detail::log_about here{{.scope = key_.scope.str(), .run = key_.id.str()}};
  handle();
  loading_ = {};
  family_.reset();
  if (reads_.empty()) settle();
}

template <class Message>
auto run_actor::handler() {
  return [this](Message& message) {
    if (reads_.empty()) return work([&] { handle(message); });
    stash_.push_back([this, kept = std::remove_const_t<Message>{std::move(message)}]() mutable {
      handle(kept);
    });
  };
}

caf::behavior run_actor::make_behavior() {
  return {
      handler<run_command>(),
      handler<activate_run>(),
      handler<const step_done>(),
      handler<const child_answered>(),
      handler<const child_ended>(),
      handler<const child_orphaned>(),
      handler<const child_resumed>(),
      handler<const place_taken>(),
      handler<retry_effect>(),
      handler<const linger_over>(),
      handler<const committed>(),
      [this](const load_answered& answered) {
        work([&] { on_answered(answered); });
        while (reads_.empty() && !stash_.empty()) {
          const auto next = std::move(stash_.front());
          stash_.pop_front();
          work(next);
        }
      },
      [this](const commit_failed& failed) {
        const detail::log_about here{{.scope = key_.scope.str(), .run = key_.id.str()}};
        on_commit_failed(*failed.reason);
      },
      handler<const shutdown_run>(),
  };
}

void run_actor::handle(run_command& c) {
  life_.on_message();
  const auto* const start = std::get_if<flow::start_command>(c.what.get());
  if (start != nullptr && start->id_is_new && !loaded_) on_loaded(std::optional<stored_run>{});
  when_loaded([this, c = std::move(c)]() mutable { check_and_prepare(std::move(c)); });
}

void run_actor::check_and_prepare(run_command c) {
  auto named = load_failure_ ? std::vector<flow::blob_reference>{} : blobs_of(*c.what);
  if (named.empty()) return prepare(std::move(c));
  const auto check = [scope = key_.scope, named = std::move(named)](engine_context& context,
                                                                    const persistence::view&) {
    return check_blobs(context, scope, named);
  };
  read(check, [this, c](const result<void>& known) mutable {
    if (!known) return c.answer(known.error());
    prepare(std::move(c));
  });
}

void run_actor::prepare(run_command c) {
  if (load_failure_) return c.answer(*load_failure_);
  if (!run_ && std::holds_alternative<flow::start_command>(*c.what)) return find_flow(std::move(c));
  if (!run_ || !retries_child(c)) return check_and_carry_out(c, {});
  const auto check = [key = key_, parent = *run_->parent](engine_context& context,
                                                          const persistence::view& now) {
    return check_parent_waits(context, now, key, parent);
  };
  read(check, [this, c](const result<void>& allowed) mutable { carry_out(c, {allowed, {}}); });
}

void run_actor::find_flow(run_command c) {
  const wanted_flow wanted{key_.scope, std::get<flow::start_command>(*c.what).flow.name, c.version};
  auto take = [this, c = std::move(c)](const result<flow_cache::flow_ptr>& found) mutable {
    if (!found) return c.answer(found.error());
    flow_ = *found;
    std::get<flow::start_command>(*c.what).flow.version = flow_->id().version;
    check_and_carry_out(c, {});
  };
  if (const auto known = find_flow_to_start(*context_, wanted)) return take(*known);
  const auto find = [wanted, taken = context_->heads.begin_read()](engine_context& context,
                                                                   const persistence::view& now) {
    return read_flow_to_start(context, now, wanted, taken);
  };
  read(find, std::move(take));
}

std::optional<flow::schema_check> run_actor::needed_check(const run_command& c) const {
  if (const auto* const start = std::get_if<flow::start_command>(c.what.get()))
    return run_ ? std::nullopt : flow::check_of(*flow_, *start);
  const auto* const resume = std::get_if<flow::resume_command>(c.what.get());
  return run_ && resume != nullptr ? flow::check_of(*flow_, *run_, *resume) : std::nullopt;
}

void run_actor::check_and_carry_out(run_command& c, result<void> allowed) {
  if (auto* const start = std::get_if<flow::start_command>(c.what.get()))
    flow_->defaults().fill(start->input);
  const auto needed = needed_check(c);
  if (!needed) return carry_out(c, {std::move(allowed), {}});
  if (auto verdict = needed->try_run(most_steps_in_place))
    return carry_out(c, {std::move(allowed), std::move(verdict)});
  // The job holds what the check refers to.
  const auto check = [needed = *needed, flow = flow_, what = c.what] { return needed.run(); };
  check_elsewhere(check, [this, c, allowed = std::move(allowed)](result<void> verdict) mutable {
    carry_out(c, {std::move(allowed), std::move(verdict)});
  });
}

void run_actor::carry_out(run_command& c, const examination& found) {
  // The command comes before the unfinished work, which it may end or pause. A refused command
  // resumes nothing.
  auto work = unfinished_work();
  if (execute(c, found)) resume(std::move(work));
}

void run_actor::handle(activate_run& a) {
  life_.on_message();
  when_loaded([this, done = std::move(a.done)] {
    if (load_failure_) return done(*load_failure_);
    resume(unfinished_work());
    after_reads([this, done] {
      if (context_->settings.engine.recovery_batch == 0) activate_children();
      done({});
    });
  });
}

template <class Handle>
void run_actor::on_notice(const reply<void>& done, Handle handle) {
  life_.on_message();
  when_loaded([this, done, handle = std::move(handle)] {
    if (load_failure_) return done({});
    resume(unfinished_work());
    after_reads([this, done, handle] {
      handle();
      after_reads([done] { done({}); });
    });
  });
}

void run_actor::handle(const child_ended& ended) {
  on_notice(ended.done,
            [this, child = ended.child, end = ended.end] { on_child_ended(child, end); });
}

void run_actor::handle(const child_orphaned& orphaned) {
  on_notice(orphaned.done, [this] {
    const auto find = [key = key_](engine_context& context, const persistence::view& now) {
      return read_orphan(context, now, key);
    };
    read(find, [this](const std::optional<flow::abandoned_child>& how) {
      if (how) obey_orphan_entry(*how);
    });
  });
}

void run_actor::handle(const child_resumed& resumed) {
  on_notice(resumed.done, [this, child = resumed.child] { on_child_resumed(child); });
}

flow::recovery run_actor::unfinished_work() const {
  return life_.resumed() || !run_ ? flow::recovery{} : flow::recover(*flow_, *run_);
}

void run_actor::resume(flow::recovery work) {
  if (!life_.resume()) return;
  const auto question = run_ ? family_of(*run_, *flow_) : family_question{};
  if (!question.has_family()) return resume_work(std::move(work));
  if (family_) {
    reconcile(*std::exchange(family_, std::nullopt));
    return after_reads([this, work = std::move(work)]() mutable { resume_work(std::move(work)); });
  }
  const auto find = [key = key_, question](engine_context& context, const persistence::view& now) {
    return read_family(context, now, key, question);
  };
  read(find, [this, work = std::move(work)](const family_news& news) mutable {
    reconcile(news);
    after_reads([this, work = std::move(work)]() mutable { resume_work(std::move(work)); });
  });
}

void run_actor::resume_work(flow::recovery work) {
  for (auto& e : work.effects) perform(e);
  for (auto& c : work.commands) apply_or_ignore(std::move(c));
  // The timer may have fired without effect while the run was not loaded.
  if (commits_.empty()) report_timers();
}

void run_actor::report_timers() {
  if (recorder_.indexes().timers.any())
    send(timer_, timer_changed{key_, {}, recorder_.indexes().timers});
}

result<ended_run> run_actor::current_run() const {
  if (load_failure_) return *load_failure_;
  if (!run_) return persistence::no_such_run(key_.id);
  ended_run run{flow::summarize(*run_)};
  if (is_finished(run_->status)) run.state = std::make_shared<const flow::run_state>(*run_);
  return run;
}

void run_actor::settle() {
  // A run that has ended or stops makes no call, so others get its places.
  if (life_.is_stopping() || !run_ || run_->status != run_status::running) turns_.clear();
  if (!commits_.empty()) return life_.on_pending_commits();
  const bool parked = load_failure_ || !run_ || flow::is_parked(*run_);
  const bool may_linger =
      !recorder_.tasks().empty() && context_->active_runs.used() < context_->active_runs.most() / 2;
  const auto next = life_.settle(parked, may_linger);
  if (next.start_linger_timer) send_self_after(linger_time, linger_over{life_.received()});
  if (next.report_idle) {
    auto run = std::make_shared<const result<ended_run>>(current_run());
    park();
    send(directory_, run_idle{key_, life_.received(), life_.resumed(), std::move(run)});
  }
  if (next.end) {
    stash_.clear();  // as the messages in the mailbox: they are answered `unavailable`
    quit();
  }
}

}  // namespace pawl::actors
