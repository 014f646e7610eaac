#include <algorithm>

#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/runs_states.hpp"
#include "cli/follow_and_report.hpp"
#include "cli/json_members.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "cli/view/step_lines.hpp"

namespace pawl::cli {
namespace {

/// Number of steps to print, newest last.
constexpr std::size_t max_steps = 40;

void print_field(session& s, std::string_view name, const std::string& value) {
  s.out().line(s.style().paint(tint::dim, pad(std::string{name}, 14)) + value);
}

/// The workers of a server, if the run or a subflow waits for one. A reader without the right to
/// list workers, and a data folder, where no worker asks, give none.
std::optional<worker_overview> workers_for(target& open, const run_family& family) {
  const bool waits = std::any_of(family.begin(), family.end(), [](const auto& member) {
    return waits_for(member.run, "worker");
  });
  if (!waits || !open.hints().remote) return std::nullopt;
  auto workers = open.workers();
  if (!workers) return std::nullopt;
  return *std::move(workers);
}

/// Why no worker has taken the task that the run waits for; "" if one may do so.
std::string why_no_worker(const waiting_on& wait, const std::optional<worker_overview>& workers) {
  if (wait.kind != "worker" || !workers) return {};
  for (const auto& queue : workers->queues)
    if (queue.code_ref == wait.name && queue.leased > 0) return {};
  for (const auto& worker : workers->workers) {
    const auto& can = worker.functions;
    if (std::find(can.begin(), can.end(), wait.name) != can.end()) return {};
  }
  return "no worker asks for tasks of " + printable(wait.name) + "; `pawl workers` lists them";
}

/// Prints steps, the newest last.
void print_steps(session& s, const json& steps, bool has_earlier, const std::string& id,
                 const command_hints& hints) {
  if (steps.empty()) return;
  s.out().line("");
  if (has_earlier) {
    s.out().line(s.style().paint(tint::dim,
                                 "(earlier steps: pawl runs steps " + id + hints.read_flags + ")"));
  }
  step_lines{s}.print(steps);
}

/// The newest steps of a run, the last one last; at most about `max_steps`.
struct newest_steps {
  json steps = json::array();
  bool has_earlier = false;
};

result<newest_steps> read_newest_steps(target& open, const run_id& id) {
  step_options how;
  how.newest_first = true;
  how.limit = max_steps;
  const auto page = open.steps(id, how);
  if (!page) return page.error();
  newest_steps found;
  const json& steps = member(*page, "steps");
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) found.steps.push_back(*step);
  found.has_earlier = !member(*page, "next").is_null();
  return found;
}

/// All steps of a run, the last one last.
result<json> read_all_steps(target& open, const run_id& id) {
  json all = json::array();
  step_options how;
  how.limit = 1000;
  while (true) {
    const auto page = open.steps(id, how);
    if (!page) return page.error();
    for (const auto& each : member(*page, "steps")) all.push_back(each);
    const json& next = member(*page, "next");
    if (!next.is_number_unsigned() || next.get<std::uint64_t>() <= how.from) return all;
    how.from = next.get<std::uint64_t>();
  }
}

/// The child runs of a finished run that have failed to compensate their steps: nothing else
/// reports them, because the run no longer waits for them. Reads those of the newest steps.
std::vector<run_view> stuck_children(target& open, const run_view& run, const json& steps) {
  std::vector<run_view> stuck;
  if (!is_finished(run.summary.status)) return stuck;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const auto id = parse_run_id(text_in(*step, "child"));
    if (!id) continue;
    auto child = open.get(*id);
    if (child && child->undoing && child->summary.status == run_status::failed)
      stuck.push_back(*std::move(child));
  }
  return stuck;
}

void print_stuck(session& s, const std::vector<run_view>& stuck, const command_hints& hints) {
  for (const auto& child : stuck) {
    print_field(s, "child run",
                printable(child.summary.key.id.str()) + ", whose compensation failed");
    s.out().line("  To continue it: " + next_command(child.summary, hints));
  }
}

/// "a signal", "an answer", or both, for a run that `unblock_commands` has commands for.
std::string awaited_input(const run_view& view) {
  if (!has_question(view)) return "a signal";
  const bool takes_signals = view.summary.status == run_status::running;
  return takes_signals && waits_for(view, "signal") ? "a signal or an answer" : "an answer";
}

/// What to do next with a run, and the command for it.
std::string advice(const run_family& family, const command_hints& hints) {
  const run_view& view = family.front().run;
  const flow::definition* const flow = family.front().flow.get();
  const bool by_itself = !unblock_commands(view, hints).empty();
  if (const auto commands = unblock_commands(family, hints); !commands.empty()) {
    std::string text = by_itself ? "It is waiting for " + awaited_input(view) + ". To send it:"
                                 : "A subflow of it is waiting. To continue that:";
    for (const auto& command : commands) text += "\n  " + command;
    return text;
  }
  const run_summary& run = view.summary;
  const std::string command = next_command(view, flow, hints);
  switch (run.status) {
    case run_status::running:
      return (hints.remote ? "It is not finished. To follow it:\n  "
                           : "It is not finished. To continue it:\n  ") +
             command;
    case run_status::paused:
      return "It is paused. To resume it:\n  " + command;
    case run_status::failed:
      if (view.at.empty()) return "It cannot be retried. To restart it as a new run:\n  " + command;
      if (failed_on_purpose(view, flow)) {
        return "Its node " + printable(run.error->node) +
               " is of type fail: a retry fails there again. To start over as a new run:\n  " +
               command;
      }
      return "Fix the cause, then retry the failed step:\n  " + command;
    case run_status::completed:
    case run_status::cancelled:
      return "It is finished. To print its history:\n  " + command;
  }
  return {};
}

/// Prints what the run waits for, and why nothing happens at it now.
void print_waits(session& s, const run_family& family,
                 const std::optional<worker_overview>& workers) {
  for (const auto& line : wait_lines(family, wall_clock())) {
    if (line.starts_with(' ')) {
      s.out().line(line);
    } else {
      print_field(s, "waiting for", line);
    }
  }
  for (const auto& member : family)
    for (const auto& each : member.run.waiting_on)
      if (const auto why = why_no_worker(each, workers); !why.empty()) print_field(s, "", why);
}

void print_run(session& s, const run_family& family, const newest_steps& newest,
               const std::optional<worker_overview>& workers, const std::vector<run_view>& stuck,
               const command_hints& hints) {
  const run_view& run = family.front().run;
  const run_summary& summary = run.summary;
  print_field(s, "run", printable(summary.key.id.str()));
  print_field(s, "flow", printable(to_string(summary.flow)));
  print_field(s, "status", std::string{to_string(summary.status)});
  print_field(s, "created", time_text(summary.created_at));
  if (summary.finished_at) print_field(s, "finished", time_text(*summary.finished_at));
  print_field(
      s, "took",
      duration_text(duration_us(summary, wall_clock())) + (summary.finished_at ? "" : " so far"));
  print_field(s, "checkpoint", std::to_string(run.checkpoint));
  if (!run.at.empty()) {
    std::string at;
    for (const auto& node : run.at) at += (at.empty() ? "" : ", ") + printable(node);
    print_field(s, "at", at);
  }
  print_waits(s, family, workers);
  for (const auto& each : run.inbox)
    print_field(s, "inbox", "signal " + printable(each.type) + ", not claimed by a node");
  if (run.undoing) print_field(s, "compensating", "finished steps, newest first");
  if (run.kept == true) print_field(s, "kept", "yes: it cannot be deleted");
  if (!run.started_by.empty()) print_field(s, "started by", printable(run.started_by));
  if (const json& origin = member(run.metadata, "forked_from"); summary.restarted_from) {
    const std::string from = summary.restarted_from->str();
    const std::string shown = printable(from);
    const bool is_fork = origin.is_object() && text_in(origin, "run") == from;
    print_field(s, is_fork ? "fork of" : "restart of",
                is_fork ? shown + " at checkpoint " + printable(member(origin, "checkpoint").dump())
                        : shown);
  }
  for (const auto& [name, value] : summary.attributes.values)
    print_field(s, "attribute", name + " = " + printable(attribute_to_text(value)));
  for (const auto& [name, why] : summary.attributes.problems)
    print_field(s, "attribute", name + " has no value: " + printable(why));
  if (const auto& e = summary.error) {
    print_field(s, "error",
                printable(e->type) + (e->node.empty() ? "" : " at " + printable(e->node)));
    s.out().line("  " + printable_lines(e->message));
  }
  print_stuck(s, stuck, hints);
  print_steps(s, newest.steps, newest.has_earlier, shell_word(summary.key.id.str()), hints);
  s.out().line("");
  if (!run.input.empty() && run.input != run.data) {
    s.out().line(s.style().paint(tint::dim, "input"));
    s.out().line(shortened(run.input));
  }
  s.out().line(s.style().paint(tint::dim, "data"));
  s.out().line(shortened(run.data));
  if (run.output) {
    s.out().line(s.style().paint(tint::dim, "output"));
    s.out().line(shortened(*run.output));
  }
  if (!run.metadata.empty()) {
    s.out().line(s.style().paint(tint::dim, "metadata"));
    s.out().line(shortened(run.metadata));
  }
  s.out().line("");
  s.out().line(advice(family, hints));
}

exit_code show_run(session& s, target& open, const run_id& id, bool as_json) {
  const auto run = open.get(id);
  if (!run) return s.fail(run.error());
  auto family = read_family(*run, [&](const run_id& subflow) { return open.get(subflow); });
  if (as_json) {
    auto steps = read_all_steps(open, id);
    if (!steps) return s.fail(steps.error());
    json object = to_json(family);
    object["steps"] = *std::move(steps);
    s.out().line(one_line(object));
    return exit_code::ok;
  }
  const auto newest = read_newest_steps(open, id);
  if (!newest) return s.fail(newest.error());
  load_definitions(open, family);
  print_run(s, family, *newest, workers_for(open, family),
            stuck_children(open, *run, newest->steps), open.hints());
  return exit_code::ok;
}

struct show_arguments {
  std::string run;
  std::uint64_t checkpoint = 0;  ///< 0: the run as it is
  bool as_json = false;
};

exit_code show(session& s, const show_arguments& given) {
  const auto id = parse_run_id(given.run);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  const exit_code code = given.checkpoint == 0
                             ? show_run(s, **opened, *id, given.as_json)
                             : show_state_at(s, **opened, *id, given.checkpoint, given.as_json);
  return s.close(**opened, code);
}

}  // namespace

void add_runs_show(CLI::App& to, command_line& line) {
  auto given = std::make_shared<show_arguments>();
  auto* const cmd = add_command(to, "show", "Show the status, steps, data and error of a run.",
                                "Example:\n  pawl runs show monday --data-dir ./data --json");
  cmd->add_option("ID", given->run, "Run ID")->required();
  cmd->add_option("--at", given->checkpoint,
                  "Show the state at this checkpoint instead (time travel)")
      ->type_name("N")
      ->check(positive_number);
  cmd->add_flag("--json", given->as_json, "Print one JSON object");
  cmd->callback([&line, given] { line.command = [given](session& s) { return show(s, *given); }; });
}

}  // namespace pawl::cli
