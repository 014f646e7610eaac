#pragma once

#include <pawl/error.hpp>

#include "flow/machine/state.hpp"

namespace pawl::flow {

/// What the parts of a `transition_builder` need of the part that handles failures. Each call may
/// place, move and remove tokens.
class failure_handler {
 public:
  failure_handler() = default;
  failure_handler(const failure_handler&) = delete;
  failure_handler& operator=(const failure_handler&) = delete;
  virtual ~failure_handler() = default;

  /// The token's visit of its node failed: an on_error edge of the node, a map that tolerates the
  /// failure, or the run takes it, in this order.
  virtual void fail_at(token& t, const error& why) = 0;
  /// As above, for a failure that the node's own on_error edges do not take.
  virtual void fail_visit(token& t, const error& why) = 0;
  /// The node has done its work, but its outgoing edge cannot be chosen. A retry chooses again and
  /// does not repeat the visit.
  virtual void fail_leaving(token& t, const error& why) = 0;
  /// An item of a map, or the body of a section, failed after all its tokens ended, `t` among them.
  /// `owner`: the token of the map or section. A retry merges them again and does not repeat a
  /// step.
  virtual void fail_item(token_id owner, token& t, const error& why) = 0;
};

}  // namespace pawl::flow
