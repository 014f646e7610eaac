#include "cli/follow_and_report.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "cli/end_of_following.hpp"
#include "cli/questions.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "cli/view/line_watcher.hpp"
#include "cli/view/summary_watcher.hpp"
#include "cli/view/table_watcher.hpp"
#include "cli/view/tree_watcher.hpp"

namespace pawl::cli {
namespace {

using steady = std::chrono::steady_clock;

/// With more runs than this, only failures and totals are printed.
constexpr std::size_t max_detailed_runs = 20;

/// Selects the form of output. Log lines on the same terminal would break a drawing, so they imply
/// lines.
std::unique_ptr<watcher> make_watcher(session& s, const target& on, const report_options& how,
                                      bool several, std::size_t count) {
  if (how.json) return std::make_unique<json_watcher>(s);
  const bool brief = several && count > max_detailed_runs && !how.verbose;
  if (!s.screen().live || on.logs_to_terminal()) {
    if (brief) return std::make_unique<summary_watcher>(s, count);
    return std::make_unique<line_watcher>(s, several);
  }
  if (several) return std::make_unique<table_watcher>(s, brief);
  return std::make_unique<tree_watcher>(s);
}

/// `code`, unless the engine could not stop, which is reported and comes first.
exit_code with_stop(session& s, const follow_result& done, exit_code code) {
  return done.stopped ? code : s.fail(exit_code::store, done.stopped.error().message);
}

exit_code follow_several(session& s, target& on, std::vector<followed_run> runs,
                         const report_options& options) {
  follow_options how = options;
  how.several = true;
  const std::size_t count = runs.size();
  const auto shown = make_watcher(s, on, options, true, count);
  const auto done = on.follow(s, *shown, std::move(runs), how);
  if (!done) return s.fail(done.error());
  const exit_code code =
      done->how != follow_end::all_ended
          ? report_stopped_early(s, on.hints(), *done, options.timeout, count - done->runs.size(),
                                 nullptr)
          : print_totals(s, on, *done, options.json, options.verbose || count <= max_detailed_runs);
  return with_stop(s, *done, code);
}

/// Follows one run, and answers its questions and those of its subflows.
class single_follower {
 public:
  single_follower(session& s, target& on, followed_run run, const report_options& options)
      : session_(s),
        on_(on),
        run_(std::move(run)),
        options_(options),
        how_(options),
        questions_(s, on, {options.answers, !options.json && can_ask_on_terminal()}) {
    if (options.timeout) deadline_ = steady::now() + *options.timeout;
  }

  exit_code follow() {
    while (true) {
      how_.until_question = !how_.until_finished && questions_.has_source();
      const auto shown = make_watcher(session_, on_, options_, false, 1);
      const auto done = on_.follow(session_, *shown, {run_}, how_);
      if (!done) return session_.fail(done.error());
      if (done->how != follow_end::all_ended) return stopped_early(*done);
      const auto end = family_of(done->runs.begin()->second);
      const auto* const asking = end ? asking_member(*end) : nullptr;
      if (asking == nullptr) return ended(*done, end);
      if (const auto code = answer(*done, *end, *asking)) return *code;
    }
  }

 private:
  exit_code stopped_early(const follow_result& done) {
    return with_stop(session_, done,
                     report_stopped_early(session_, on_.hints(), done, options_.timeout,
                                          1 - done.runs.size(), &run_.id));
  }

  exit_code ended(const follow_result& done, const result<run_family>& end) {
    const exit_code code = with_stop(session_, done, print_one(session_, on_, end, options_.json));
    if (const auto left = questions_.unused(); left > 0 && end) {
      session_.print_message(counted(left, "answer") + (left == 1 ? " was" : " were") +
                             " not used: the run asked no further question");
    }
    return code;
  }

  /// The run with its subflows, if it is not finished.
  result<run_family> family_of(const result<run_view>& end) {
    if (!end) return end.error();
    run_family family;
    if (is_finished(end->summary.status)) {
      family.push_back({*end, run_.definition});
      return family;
    }
    family = read_family(*end, [this](const run_id& id) { return on_.get(id); });
    load_definitions(on_, family);
    return family;
  }

  const family_member* asking_member(const run_family& family) const {
    const auto found = std::find_if(family.begin(), family.end(), [&](const auto& member) {
      return !is_finished(member.run.summary.status) && questions_.can_answer(member.run);
    });
    return found == family.end() ? nullptr : &*found;
  }

  /// Answers a question of the run or a subflow. Returns the exit code if following ends here.
  std::optional<exit_code> answer(const follow_result& done, const run_family& end,
                                  const family_member& asking) {
    const auto answered = questions_.answer(asking);
    if (!answered) {
      const exit_code code = session_.fail(answered.error());
      static_cast<void>(ended(done, end));
      return code;
    }
    switch (*answered) {
      case question_answerer::outcome::answered:
        break;
      case question_answerer::outcome::left:
        return ended(done, end);
      case question_answerer::outcome::stopped:
        static_cast<void>(ended(done, end));
        return session_.stop_signals().code().value_or(exit_code::interrupted);
    }
    auto reloaded = load_run(on_, run_.id);
    if (!reloaded) return session_.fail(reloaded.error());
    continue_after(*std::move(reloaded), end.front().run.checkpoint);
    return std::nullopt;
  }

  /// Follows on with the first event after `checkpoint`, the last one that was shown.
  void continue_after(followed_run reloaded, std::uint64_t checkpoint) {
    run_ = std::move(reloaded);
    std::erase_if(run_.past, [&](const auto& event) { return event.checkpoint > checkpoint; });
    run_.checkpoint = checkpoint;
    how_.begin = [](const run_id&) { return result<void>{}; };
    how_.catch_up = true;
    if (!deadline_) return;
    how_.timeout =
        std::max(std::chrono::duration_cast<std::chrono::milliseconds>(*deadline_ - steady::now()),
                 std::chrono::milliseconds{0});
  }

  session& session_;
  target& on_;
  followed_run run_;
  const report_options& options_;
  follow_options how_;
  question_answerer questions_;
  std::optional<steady::time_point> deadline_;
};

}  // namespace

result<followed_run> load_run_summary(target& on, const run_id& id) {
  const auto run = on.get(id);
  if (!run) return run.error();
  return followed_run{
      id, run->summary.flow, nullptr, {}, run->checkpoint, run->summary.created_at, run->at};
}

result<std::shared_ptr<const flow::definition>> load_definition(target& on,
                                                                const flow_version_id& id) {
  const auto stored = on.get_flow(id.name, id.version);
  if (!stored) return stored.error();
  std::vector<diagnostic> diagnostics;  // stored definitions are valid
  return std::make_shared<const flow::definition>(
      flow::parse_definition(stored->definition, diagnostics));
}

void load_definitions(target& on, run_family& family) {
  std::map<flow_version_id, std::shared_ptr<const flow::definition>> known;
  for (auto& member : family) {
    const auto& id = member.run.summary.flow;
    const auto [place, is_new] = known.try_emplace(id);
    if (is_new)
      if (auto loaded = load_definition(on, id)) place->second = *std::move(loaded);
    member.flow = place->second;
  }
}

result<followed_run> load_run(target& on, const run_id& id) {
  auto run = load_run_summary(on, id);
  if (!run) return run;
  auto definition = load_definition(on, run->flow);
  if (!definition) return std::move(definition).error();
  run->definition = *std::move(definition);
  auto past = on.history(id);
  if (!past) return std::move(past).error();
  run->past = *std::move(past);
  // The run may have advanced since `get`.
  if (!run->past.empty()) run->checkpoint = std::max(run->checkpoint, run->past.back().checkpoint);
  return run;
}

result<std::vector<followed_run>> load_runs(target& on, const std::vector<run_id>& ids) {
  std::vector<followed_run> runs;
  for (const auto& id : ids) {
    auto run = ids.size() == 1 ? load_run(on, id) : load_run_summary(on, id);
    if (!run && (ids.size() == 1 || run.error().code != errc::not_found)) return run.error();
    if (run) {
      runs.push_back(*std::move(run));
    } else {
      followed_run& missing = runs.emplace_back();
      missing.id = id;
      missing.refused = run.error();
    }
  }
  return runs;
}

exit_code follow_and_report(session& s, target& on, std::vector<followed_run> runs,
                            const report_options& options) {
  if (options.several || runs.size() != 1)
    return s.close(on, follow_several(s, on, std::move(runs), options));
  single_follower one{s, on, std::move(runs.front()), options};
  return s.close(on, one.follow());
}

}  // namespace pawl::cli
