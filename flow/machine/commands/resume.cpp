#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "flow/machine/commands/commands.hpp"
#include "flow/machine/schema_check.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// ": open questions: …", with the first of them.
std::string questions_of(const compiled_flow& flow, const run_state& run) {
  constexpr std::size_t most_shown = 20;
  const auto& asking = run.tokens.asking();
  if (asking.empty()) return " has no open question";
  std::string text;
  for (std::size_t i = 0; i < std::min(asking.size(), most_shown); ++i) {
    const token& t = *run.find_token(asking[i]);
    text += (i == 0 ? ": open questions: " : ", ") + question_id(flow.at(t.node).id, t);
  }
  if (asking.size() > most_shown)
    text += " and " + std::to_string(asking.size() - most_shown) + " more";
  return text;
}

/// The token that asks a question, which `question_id` has named.
std::optional<token_id> find_asking(const compiled_flow& flow, const run_state& run,
                                    std::string_view question) {
  const auto hash = question.rfind('#');
  if (hash == std::string_view::npos) return std::nullopt;
  const auto node = flow.find(question.substr(0, hash));
  const char* at = question.data() + hash + 1;
  const char* const end = question.data() + question.size();
  std::uint32_t visit = 0, attempt = 0;
  const auto read = [&](std::uint32_t& to) {
    const auto [next, failure] = std::from_chars(at, end, to);
    at = next;
    return failure == std::errc{};
  };
  const bool is_name = node && read(visit) && at != end && *at++ == '.' && read(attempt);
  return is_name && at == end ? run.tokens.find_asking(*node, visit, attempt) : std::nullopt;
}

}  // namespace

result<std::optional<token_id>> asked_token(const compiled_flow& flow, const run_state& run,
                                            const resume_command& resume) {
  const auto& asking = run.tokens.asking();
  const auto no_such = [&](const std::string& what) {
    return error{errc::invalid_argument,
                 what + " (run " + run.key.id.str() + questions_of(flow, run) + ")"};
  };
  if (!resume.question.empty() && !resume.answer)
    return no_such("a question is named, but there is no answer to it");
  if (!resume.question.empty()) {
    const auto found = find_asking(flow, run, resume.question);
    if (!found) return no_such("no such question: " + resume.question);
    return found;
  }
  if (!resume.answer) {
    // A run that was paused by a command can be resumed without an answer.
    if (run.frozen_at || asking.empty()) return std::optional<token_id>{};
    return no_such("the run waits for an answer: resume it with one");
  }
  if (asking.size() != 1) return no_such("there is not exactly one open question to answer");
  return std::optional{asking.front()};
}

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
    if (const auto good = verdict_of(check_of(flow, t, answer), context); !good)
      return good.error();
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
