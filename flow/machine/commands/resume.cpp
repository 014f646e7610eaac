#include <algorithm>

#include "flow/machine/commands/commands.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// The token whose question the command answers; none if it answers none. Errors: the named
/// question is not open, or none is named and several are open.
result<std::optional<token_id>> asked_token(const compiled_flow& flow, const run_state& run,
                                            const resume_command& resume) {
  std::vector<const token*> asking;
  std::string names;
  for (const auto& t : run.tokens) {
    if (!t.question) continue;
    asking.push_back(&t);
    names += (names.empty() ? "" : ", ") + question_id(flow.at(t.node).id, t);
  }
  const auto no_such = [&](const std::string& what) {
    return error{errc::invalid_argument, what + " (run " + run.key.id.str() +
                                             (names.empty() ? " has no open question)"
                                                            : ": open questions: " + names + ")")};
  };
  if (!resume.question.empty() && !resume.answer)
    return no_such("a question is named, but there is no answer to it");
  if (!resume.question.empty()) {
    const auto found = std::find_if(asking.begin(), asking.end(), [&](const token* t) {
      return question_id(flow.at(t->node).id, *t) == resume.question;
    });
    if (found == asking.end()) return no_such("no such question: " + resume.question);
    return std::optional{(*found)->id};
  }
  if (!resume.answer) {
    // A run that was paused by a command can be resumed without an answer.
    if (run.frozen_at || asking.empty()) return std::optional<token_id>{};
    return no_such("the run waits for an answer: resume it with one");
  }
  if (asking.size() != 1) return no_such("there is not exactly one open question to answer");
  return std::optional{asking.front()->id};
}

}  // namespace

result<transition> handle(const compiled_flow& flow, run_state& run, resume_command&& resume,
                          const apply_context& context) {
  if (const auto good = check_caller(run, resume.if_status, resume.reason); !good)
    return good.error();
  const bool answers = resume.answer || !resume.question.empty();
  const bool is_paused = run.status == run_status::paused || run.pausing();
  if (!is_paused && !(answers && run.status == run_status::running)) return illegal(run, "resume");
  if (run.status == run_status::running && !resume.update.empty())
    return illegal(run, "set the data of");
  if (const auto good = check_update(flow, run, resume.update); !good) return good.error();
  const auto asked = asked_token(flow, run, resume);
  if (!asked) return asked.error();
  json answer = resume.answer ? *std::move(resume.answer) : json{};
  if (const auto good = check_value(answer, "the answer"); !good) return good.error();
  if (*asked) {
    const token& t = *run.find_token(**asked);
    if (const auto good = flow.at(t.node).behaviour->check_answer(t, answer); !good)
      return good.error();
    const std::size_t bytes = run.data_bytes + json_size(answer);
    if (bytes > flow.allowed().max_state_bytes) {
      return error{errc::limit_exceeded, "with the answer, the data of the run would have about " +
                                             std::to_string(bytes) + " bytes; the maximum is " +
                                             std::to_string(flow.allowed().max_state_bytes) +
                                             " (run.max_state_bytes). Nothing was changed"};
    }
  }
  transition_builder builder{flow, run, context};
  // In a run whose other branches move, an answer does not resume the run.
  if (is_paused) builder.status().resume(resume.reason);
  builder.data().update(resume.update);
  if (*asked) builder.answer(*run.find_token(**asked), std::move(answer));
  builder.deliver_signals();
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
