#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/failure_handler.hpp"
#include "flow/machine/builder/run_data.hpp"
#include "flow/machine/builder/run_tokens.hpp"
#include "flow/machine/merge.hpp"

namespace pawl::flow {

/// How tokens move along the edges of the flow: to the next node, into the branches of a fork, to
/// the end of a branch. Each move may place and remove tokens.
class run_branches {
 public:
  run_branches(change_set& changes, run_data& data, run_tokens& tokens, failure_handler& failures)
      : changes_(changes), data_(data), tokens_(tokens), failures_(failures) {}

  /// Sets what the edges that follow a condition test.
  void note_condition(token& t, bool truth);
  /// Moves the token along the first conditional edge that is true, else along all plain edges.
  /// Ends it if there is none.
  void leave(token& t);
  /// Moves the token along the edge of an event, else as `leave` does.
  void leave_by(token& t, std::string_view event);
  /// Moves the token along one edge. `why` is recorded; null for an edge that needs no reason.
  void follow(token& t, const compiled_edge& edge, const char* why);
  /// Moves the token along its node's on_timeout edge. Returns false if there is none.
  [[nodiscard]] bool follow_timeout(token& t);
  /// Returns the first on_error edge of the token's node that takes an error, of which its rules
  /// read `value`; null if there is none. Error: the rule of an edge failed.
  [[nodiscard]] result<const compiled_edge*> find_error_edge(const token& t, const error& why,
                                                             const json& value) const;
  /// Moves the token along an on_error edge. The error is written to the data.
  void follow_error(token& t, const compiled_edge& edge, const json& error);
  /// Ends the token's branch. On the trunk the token is removed; on a branch it stays until its
  /// writes are merged.
  void end(token& t);
  /// Merges the writes of all branches, which have ended, into the data of the run and removes
  /// their tokens. On a conflict nothing is changed and the error of the run is returned.
  [[nodiscard]] std::optional<run_error> merge_ended();

 private:
  void fork(token& t, const std::vector<compiled_edge>& edges);

  change_set& changes_;
  run_data& data_;
  run_tokens& tokens_;
  failure_handler& failures_;
};

/// What the data and the rules of on_error edges have of the error of a token at its node.
[[nodiscard]] json error_value(const error& why, const compiled_node& node, const token& t);

/// Whether an on_error edge takes errors of this class, if its rule is true.
[[nodiscard]] bool takes(const compiled_edge& on_error, const error& why);

/// The error of branches that meet at a node but wrote different values to a key. Names the nodes
/// where the two branches begin.
[[nodiscard]] error conflict_error(const compiled_flow& flow, const merge_conflict& conflict,
                                   const std::string& where);

}  // namespace pawl::flow
