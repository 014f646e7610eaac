#pragma once

#include <memory>
#include <vector>

#include "cli/run_family.hpp"
#include "cli/session.hpp"
#include "cli/target.hpp"
#include "flow/definition/definition.hpp"

namespace pawl::cli {

/// The JSON Schema of the answer to a question at `node`; null if there is none.
[[nodiscard]] const json& answer_schema(const flow::definition* flow, const std::string& node);

/// Fails if only a subflow of the run asks a question, and names the command that answers it.
[[nodiscard]] result<void> check_asks(target& on, const run_view& run);

/// True if standard input and output are a terminal, so that a person can answer.
[[nodiscard]] bool can_ask_on_terminal();

/// Where the answers to the questions of a run come from.
struct answer_sources {
  std::vector<json> given;   ///< answers in the order of the questions
  bool on_terminal = false;  ///< ask on the terminal when no answer is left
};

/// Answers the questions of a run and its subflows: first with given answers, then on the terminal.
/// For a run in memory, which no other process can reach, it also asks for the payloads of signals.
/// Not thread-safe.
class question_answerer {
 public:
  enum class outcome {
    answered,  ///< the run continues, with this answer or another one
    left,      ///< the question stays open
    stopped,   ///< a signal to stop arrived; the question stays open
  };

  question_answerer(session& s, target& on, answer_sources from);

  /// True if it has an answer to a question of the run, or can ask for one.
  [[nodiscard]] bool can_answer(const run_view& run) const;
  /// True if it could answer some question.
  [[nodiscard]] bool has_source() const noexcept;
  /// Number of given answers for which there was no question.
  [[nodiscard]] std::size_t unused() const noexcept { return from_.given.size() - used_; }
  /// Answers the first question of the run. Errors: those of `target::resume` and `target::signal`;
  /// the question stays open.
  [[nodiscard]] result<outcome> answer(const family_member& asking);

 private:
  [[nodiscard]] const waiting_on* next_of(const run_view& run) const;
  [[nodiscard]] result<void> send(const run_id& id, const waiting_on& wait, const json& value);
  [[nodiscard]] result<outcome> ask(const family_member& asking, const waiting_on& wait);
  void print_question(const family_member& asking, const waiting_on& wait);
  [[nodiscard]] bool is_open(const run_id& id, const waiting_on& wait);

  session& session_;
  target& on_;
  answer_sources from_;
  std::size_t used_ = 0;  ///< given answers that were sent
};

}  // namespace pawl::cli
