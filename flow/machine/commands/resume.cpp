#include <algorithm>

#include "flow/machine/commands/commands.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// The token whose question a resume answers; none if it answers none. Errors: the question that
/// is named is not asked, or none is named where several are asked.
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
    return error{errc::invalid_argument,
                 what + " (run " + run.key.id.str() +
                     (names.empty() ? " asks nothing)" : " asks " + names + ")")};
  };
  if (!resume.question.empty()) {
    const auto found = std::find_if(asking.begin(), asking.end(), [&](const token* t) {
      return question_id(flow.at(t->node).id, *t) == resume.question;
    });
    if (found == asking.end()) return no_such("there is no question \"" + resume.question + "\"");
    return std::optional{(*found)->id};
  }
  // A run that somebody paused can go on without an answer.
  if (!resume.answer && (run.frozen_at || asking.size() != 1)) {
    if (run.frozen_at || asking.empty()) return std::optional<token_id>{};
    return no_such("several questions are open: say which one is answered");
  }
  if (asking.size() != 1) return no_such("there is not one question that this would answer");
  return std::optional{asking.front()->id};
}

}  // namespace

result<transition> handle(const compiled_flow& flow, run_state& run, resume_command&& resume,
                          const apply_context& context) {
  if (const auto good = check_caller(run, resume.if_status, resume.reason); !good)
    return good.error();
  const bool answers = resume.answer || !resume.question.empty();
  const bool stands = run.status == run_status::paused || run.pausing();
  if (!stands && !(answers && run.status == run_status::running)) return illegal(run, "resume");
  if (run.status == run_status::running && !resume.update.empty()) {
    return error{errc::illegal_transition,
                 "cannot update the data of run " + run.key.id.str() +
                     ": steps are under way; it is paused when they return"};
  }
  if (const auto good = check_update(flow, run, resume.update); !good) return good.error();
  const auto asked = asked_token(flow, run, resume);
  if (!asked) return asked.error();
  json answer = resume.answer ? *std::move(resume.answer) : json{};
  if (const auto good = check_value(answer, "the answer"); !good) return good.error();
  if (*asked) {
    const token& t = *run.find_token(**asked);
    if (const auto good = flow.at(t.node).behaviour->check_answer(t, answer); !good)
      return good.error();
    const std::size_t bytes = run.data_bytes + approximate_bytes(answer);
    if (bytes > flow.allowed().max_state_bytes) {
      return error{errc::limit_exceeded,
                   "with the answer the run's data would have about " + std::to_string(bytes) +
                       " bytes; at most " + std::to_string(flow.allowed().max_state_bytes) +
                       " are allowed (run.max_state_bytes); nothing was changed"};
    }
  }
  transition_builder edit{flow, run, context};
  // An answer in a run where other branches move is no resumption of the run.
  if (stands) edit.resume(resume.reason);
  edit.update_data(resume.update);
  if (*asked) edit.answer(*run.find_token(**asked), std::move(answer));
  edit.deliver_signals();
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
