#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "flow/nodes/node.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/random_flow.hpp"
#include "flow/testing/step_model.hpp"

namespace pawl::flow::testing {

/// A random flow, a run of it, and a random schedule, all from one seed.
class random_run {
 public:
  struct options {
    random_flow_options flow = {};
    /// One command in so many interferes: it cancels, retries, quarantines, or repeats an earlier
    /// command. 0: none, and finished runs are not revived.
    std::size_t one_in_interferes = 12;
    std::size_t one_in_fails = 14;  ///< one call in so many fails; 0: none
    bool makes_calls = false;       ///< transitions make two calls of three themselves
    limits allowed = small_limits();
  };

  explicit random_run(std::uint64_t seed) : random_run(seed, options{}) {}
  random_run(std::uint64_t seed, options chosen)
      : options_(std::move(chosen)),
        random_(seed),
        model_(seed, options_.one_in_fails),
        source_(flow_generator{random_, options_.flow}.make()),
        input_(flow_generator{random_}.object()),
        metadata_(flow_generator{random_}.object()),
        run_(source_, options_.allowed) {
    // Some calls have a known queue when they start, others are enqueued later.
    run_.set_queues([](const invoke_effect& call) {
      return (call.token + call.visit + call.attempt) % 2 == 0 ? call.queue : std::string{};
    });
    if (!options_.makes_calls) return;
    run_.set_call_now([this](invoke_effect& call, step_outcome_command& outcome) {
      if (call.child || !call.queue.empty()) return false;
      if ((call.token + call.visit + call.attempt) % 3 == 0) return false;
      outcome = outcome_of(call);
      ++made_in_transitions_;
      return true;
    });
  }

  /// Small enough that random runs reach them sometimes.
  [[nodiscard]] static limits small_limits() {
    limits allowed;
    allowed.max_visits = 6;
    allowed.max_tokens = 8;
    allowed.max_state_bytes = 1500;
    return allowed;
  }

  [[nodiscard]] const json& source() const noexcept { return source_; }
  [[nodiscard]] const json& input() const noexcept { return input_; }
  [[nodiscard]] const json& metadata() const noexcept { return metadata_; }
  [[nodiscard]] driven_run& run() noexcept { return run_; }
  /// Number of calls that transitions have made.
  [[nodiscard]] std::size_t made_in_transitions() const noexcept { return made_in_transitions_; }

  /// The next command; none if the run has finished for good. Depends on the seed and on the
  /// outstanding effects only.
  [[nodiscard]] std::optional<command> next_command() {
    if (options_.one_in_interferes > 0 && random_.chance(options_.one_in_interferes))
      return interference();
    const std::size_t due = run_.calls().size() + (run_.advance_due() ? 1 : 0);
    if (run_.status() == run_status::paused) return resumption();
    const auto tasks = open_tasks(run_.state());
    if (!tasks.empty() && (due == 0 || random_.chance(2))) return work_on(random_.pick(tasks));
    if (const token* const waits = waiting_for_a_run();
        waits != nullptr && (due == 0 || random_.chance(2)))
      return end_of_child(*waits);
    if (due == 0 && run_.status() == run_status::running) return help();
    if (due == 0) {
      const bool woken = options_.one_in_interferes > 0 && random_.below(3) != 0;
      if (run_.status() != run_status::failed || !woken) return std::nullopt;
      if (run_.state().compensating && !random_.chance(4))
        return skip_command{std::nullopt, "it cannot succeed", compensating_node()};
      return retry_command{std::nullopt, "once more"};
    }
    const std::size_t chosen = random_.below(due);
    if (chosen == run_.calls().size()) return advance_command{};
    const auto& call = std::next(run_.calls().begin(), static_cast<int>(chosen))->second;
    if (!call.queue.empty()) {
      return remembered(enqueue_task_command{call.token, call.node, call.visit, call.attempt,
                                             call.queue, call.code_ref});
    }
    if (call.child && !random_.chance(4))
      return remembered(child_started_command{call.token, call.child->id});
    return remembered(outcome_of(call));
  }

  /// Starts the run and drives it until nothing is left to do, for at most `limit` commands.
  void go_to_end(int limit = 1'000) {
    if (!run_.begin(input_, metadata_)) return;
    for (int i = 0; i < limit; ++i) {
      auto next = next_command();
      if (!next) return;
      static_cast<void>(run_.apply(*std::move(next)));
    }
  }

  /// Drives the run to its end without interference. Returns false if it has not ended after
  /// `limit` commands.
  [[nodiscard]] bool reaches_its_end(int limit) {
    options_.one_in_interferes = 0;
    for (int i = 0; i < limit; ++i) {
      if (is_finished(run_.status())) return true;
      auto next = next_command();
      if (next) static_cast<void>(run_.apply(*std::move(next)));
    }
    return false;
  }

 private:
  step_outcome_command outcome_of(const invoke_effect& call) const {
    auto made = run_.outcome_of(call, model_.outcome(call));
    made.interrupted = model_.interrupts(call);
    return made;
  }

  command remembered(command c) {
    about_calls_.push_back(c);
    return c;
  }

  [[nodiscard]] const token* waiting_for_a_run() const {
    const auto& tokens = run_.state().tokens;
    const auto found = std::find_if(tokens.begin(), tokens.end(),
                                    [](const token& t) { return t.child && t.child->started; });
    return found == tokens.end() || run_.status() != run_status::running ? nullptr : &*found;
  }

  /// The child run has ended, or its time-out has expired.
  command end_of_child(const token& t) {
    if (const auto due = next_timer(run_.state()); due && random_.chance(3)) {
      if (*due > run_.now())
        run_.advance_clock(std::chrono::ceil<std::chrono::milliseconds>(*due - run_.now()));
      return timer_command{};
    }
    const auto& place = run_.flow().at(t.node);
    const auto call = place.behaviour->call(run_.state(), t, place);
    return remembered(call
                          ? outcome_of(*call)
                          : step_outcome_command{t.id, place.id, t.visit, t.attempt, call.error()});
  }

  /// A worker leases a task, completes it, or is lost.
  command work_on(const open_task& task) {
    if (task.task.lease == 0) {
      return remembered(
          lease_command{task.token, task.task.code_ref, task.visit, task.attempt, next_terms()});
    }
    if (random_.chance(6))
      return lease_lost_command{task.token, task.task.lease, 0.5, random_.chance(3)};
    const auto& place = run_.flow().at(run_.state().find_token(task.token)->node);
    const auto call =
        place.behaviour->call(run_.state(), *run_.state().find_token(task.token), place);
    auto made =
        call ? outcome_of(*call)
             : step_outcome_command{task.token, place.id, task.visit, task.attempt, call.error()};
    // A worker that had an earlier lease may send an outcome, too.
    made.lease = random_.chance(6) ? task.task.lease - 1 : task.task.lease;
    if (random_.chance(2)) {
      const auto known = std::make_shared<const std::vector<std::string>>(1, task.task.code_ref);
      made.next = next_task{task.task.queue, known, next_terms()};
    }
    return remembered(std::move(made));
  }

  lease_terms next_terms() { return {++last_lease_, "w", std::chrono::seconds{30}, {}}; }

  /// Answers one of the open questions, or resumes the run without an answer.
  command resumption() {
    resume_command made{std::nullopt, "", flow_generator{random_}.object(), {}, {}};
    std::vector<const token*> asking;
    for (const auto& t : run_.state().tokens)
      if (t.question) asking.push_back(&t);
    if (asking.empty()) return made;
    const token& t = *random_.pick(asking);
    made.question = question_id(run_.flow().at(t.node).id, t);
    made.answer = t.in_doubt ? in_doubt_answer() : flow_generator{random_}.value();
    if (run_.status() == run_status::running) made.update = json::object();
    return made;
  }

  json in_doubt_answer() {
    switch (random_.below(3)) {
      case 0:
        return {{"done", flow_generator{random_}.object()}};
      case 1:
        return {{"again", true}};
      default:
        return {{"failed", "it did not"}};
    }
  }

  /// A command for a run in which nothing happens by itself.
  command help() {
    const auto& tokens = run_.state().tokens;
    const bool asks =
        std::any_of(tokens.begin(), tokens.end(), [](const token& t) { return t.question; });
    if (asks && random_.chance(2)) return resumption();
    if (const auto due = next_timer(run_.state()); due && random_.chance(2)) {
      if (*due > run_.now())
        run_.advance_clock(std::chrono::ceil<std::chrono::milliseconds>(*due - run_.now()));
      return timer_command{};
    }
    flow_generator payload{random_};
    return signal_command{std::string{random_.pick(flow_generator::signals)},
                          random_.chance(2) ? payload.object() : payload.value(), ""};
  }

  /// The node whose compensation the run is at, or any.
  [[nodiscard]] std::string compensating_node() {
    for (const auto& t : run_.state().tokens)
      if (t.compensates) return run_.flow().at(t.node).id;
    return "n" + std::to_string(random_.below(4));
  }

  command interference() {
    switch (random_.below(24)) {
      case 0:
        return cancel_command{std::nullopt, random_.chance(2) ? "enough" : ""};
      case 1:
        return cancel_command{random_.pick(all_run_statuses), ""};
      case 2:
        return quarantine_command{"at random"};
      case 3: {
        start_command again;
        again.key = run_.state().key;
        again.flow = run_.flow().id();
        return again;
      }
      case 4:
        return advance_command{};
      case 5:
        if (!about_calls_.empty()) return random_.pick(about_calls_);
        return retry_command{};
      case 6:  // of a call that may not exist
        return step_outcome_command{static_cast<token_id>(random_.below(9)),
                                    "n" + std::to_string(random_.below(4)),
                                    static_cast<std::uint32_t>(random_.below(4)),
                                    static_cast<std::uint32_t>(1 + random_.below(3)),
                                    json{{"stray", true}},
                                    run_.now(),
                                    run_.now()};
      case 7:
        return retry_command{random_.pick(all_run_statuses), "as expected"};
      case 8:
      case 9:
        return pause_command{std::nullopt, random_.chance(2) ? "a break" : ""};
      case 10:
        return resume_command{};
      case 11:
      case 12:
        return signal_command{std::string{random_.pick(flow_generator::signals)},
                              flow_generator{random_}.value(), random_.chance(2) ? "the same" : ""};
      case 14:
        return timer_command{};
      case 15:
        return in_doubt_command{static_cast<token_id>(random_.below(9)),
                                "n" + std::to_string(random_.below(4)),
                                static_cast<std::uint32_t>(random_.below(4)), 1};
      case 16:
        return terminate_command{std::nullopt, "now"};
      case 21:
        return skip_command{std::nullopt, "it cannot succeed", compensating_node()};
      case 17:
      case 18:
        return adopt_command{static_cast<std::uint32_t>(1 + random_.below(6))};
      case 19:
        return abandon_command{random_.chance(3) ? child_fate::terminate : child_fate::halt,
                               static_cast<std::uint32_t>(1 + random_.below(6))};
      case 20:
        return abandon_command{child_fate::cancel, 1};
      case 13:
        return set_data_command{std::nullopt, "", flow_generator{random_}.object()};
      default:
        return retry_command{};
    }
  }

  options options_;
  random_source random_;
  step_model model_;
  json source_;
  json input_;
  json metadata_;
  driven_run run_;
  std::vector<command> about_calls_;  ///< earlier commands about calls; may be repeated, late
  std::size_t made_in_transitions_ = 0;
  std::uint64_t last_lease_ = 0;
};

}  // namespace pawl::flow::testing
