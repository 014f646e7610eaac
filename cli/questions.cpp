#include "cli/questions.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "cli/line_input.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "flow/definition/definition.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t max_answer_bytes = std::size_t{1} << 20;
constexpr std::uint32_t max_answer_depth = 256;

}  // namespace

const json& answer_schema(const flow::definition* flow, const std::string& node) {
  static const json none;
  if (flow == nullptr) return none;
  for (const auto& each : flow->nodes) {
    if (each.id != node || !each.data.is_object()) continue;
    const auto schema = each.data.find("schema");
    return schema == each.data.end() ? none : *schema;
  }
  return none;
}

result<void> check_asks(target& on, const run_view& run) {
  if (has_question(run)) return {};
  const auto family = read_family(run, [&on](const run_id& id) { return on.get(id); });
  if (!has_question(family)) return {};  // the engine says what it asks
  std::string text = "run " + run.summary.key.id.str() +
                     " asks no question itself; a subflow that it waits for does";
  for (const auto& command : unblock_commands(family, on.hints()))
    text += "\ncontinue with: " + command;
  return error{errc::illegal_transition, std::move(text)};
}

bool can_ask_on_terminal() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

question_answerer::question_answerer(session& s, target& on, answer_sources from)
    : session_(s), on_(on), from_(std::move(from)) {}

bool question_answerer::has_source() const noexcept {
  return from_.on_terminal || used_ < from_.given.size();
}

const waiting_on* question_answerer::next_of(const run_view& run) const {
  const auto find = [&](std::string_view kind) -> const waiting_on* {
    const auto found = std::find_if(run.waiting_on.begin(), run.waiting_on.end(),
                                    [kind](const waiting_on& each) { return each.kind == kind; });
    return found == run.waiting_on.end() ? nullptr : &*found;
  };
  if (!has_source()) return nullptr;
  if (const auto* const question = find("answer")) return question;
  return from_.on_terminal && !on_.hints().durable ? find("signal") : nullptr;
}

bool question_answerer::can_answer(const run_view& run) const {
  return next_of(run) != nullptr;
}

result<void> question_answerer::send(const run_id& id, const waiting_on& wait, const json& value) {
  if (wait.kind == "signal") {
    const auto sent = on_.signal(id, wait.name, value, {});
    return sent ? result<void>{} : sent.error();
  }
  resume_options how;
  how.answer = value;
  how.question = wait.name;
  const auto sent = on_.resume(id, how);
  return sent ? result<void>{} : sent.error();
}

bool question_answerer::is_open(const run_id& id, const waiting_on& wait) {
  const auto run = on_.get(id);
  if (!run) return true;  // the next request reports the error
  return std::any_of(run->waiting_on.begin(), run->waiting_on.end(), [&](const auto& each) {
    return each.kind == wait.kind && each.name == wait.name && each.node == wait.node;
  });
}

result<question_answerer::outcome> question_answerer::answer(const family_member& asking) {
  const auto* const wait = next_of(asking.run);
  if (wait == nullptr) return outcome::left;
  const run_id& id = asking.run.summary.key.id;
  if (used_ == from_.given.size()) return ask(asking, *wait);
  const auto sent = send(id, *wait, from_.given[used_++]);
  if (sent || !is_open(id, *wait)) return outcome::answered;
  return sent.error();
}

void question_answerer::print_question(const family_member& asking, const waiting_on& wait) {
  output& out = session_.out();
  const text_style style = session_.style();
  const run_summary& run = asking.run.summary;
  out.line("");
  if (run.parent) {
    out.line(style.paint(tint::dim, "Run " + printable(run.key.id.str()) + " of " +
                                        printable(to_string(run.flow)) + ", a subflow:"));
  }
  if (wait.kind == "signal") {
    out.line(style.paint(tint::bold,
                         printable(wait.node) + " waits for the signal " + printable(wait.name)) +
             style.paint(tint::dim, "  (payload: JSON, such as null)"));
    return;
  }
  const json& question = wait.question;
  const std::string text = question.is_string()
                               ? printable_lines(question.get_ref<const std::string&>())
                               : indented(question);
  out.line(style.paint(tint::bold, printable(wait.node) + " asks: " + text));
  if (const json& schema = answer_schema(asking.flow.get(), wait.node); !schema.is_null())
    out.line(style.paint(tint::dim, "JSON Schema of the answer: " + one_line(schema)));
  if (wait.until)
    out.line(style.paint(tint::dim, "The question ends at " + to_rfc3339(*wait.until) + "."));
}

/// Asks until an answer is accepted, the input ends or a signal to stop arrives.
result<question_answerer::outcome> question_answerer::ask(const family_member& asking,
                                                          const waiting_on& wait) {
  const run_id& id = asking.run.summary.key.id;
  print_question(asking, wait);
  line_input lines{STDIN_FILENO, [this] { return session_.stop_signals().requested(); }};
  while (true) {
    session_.out().write("answer (JSON; Ctrl-D: answer later): ");
    session_.out().flush();
    const auto line = lines.next();
    if (const auto* const none = std::get_if<no_line>(&line)) {
      session_.out().line("");
      return *none == no_line::stopped ? outcome::stopped : outcome::left;
    }
    const std::string& text = std::get<std::string>(line);
    if (text.find_first_not_of(" \t") == text.npos) continue;
    const auto value = flow::parse_json(text, "the answer", max_answer_bytes, max_answer_depth);
    if (!value) {
      session_.print_message(value.error().message + "; a text needs quotes: \"yes\"");
      continue;
    }
    const auto sent = send(id, wait, *value);
    if (sent) return outcome::answered;
    session_.print_message(sent.error().message);
    if (sent.error().code != errc::invalid_argument && sent.error().code != errc::limit_exceeded)
      return sent.error();
    if (!is_open(id, wait)) {
      session_.print_message("the question is no longer open; the run continues");
      return outcome::answered;
    }
  }
}

}  // namespace pawl::cli
