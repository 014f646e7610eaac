#include "flow/machine/run_input.hpp"

#include "flow/values/json_size.hpp"

namespace pawl::flow {

run_state initial_state(const run_input& input) {
  run_state run;
  run.key = input.key;
  run.flow = input.flow;
  run.data = input.data;
  run.data_bytes = json_size(*input.data) - json_container_size;
  run.metadata = input.metadata;
  run.restarted_from = input.restarted_from;
  run.parent = input.parent;
  run.depth = input.depth;
  run.parent_attempt = input.parent_attempt;
  run.start_fingerprint = input.start_fingerprint;
  run.created_at = input.created_at;
  run.trace = input.trace;
  run.attributes = shared_attributes{{input.attributes, {}}};
  return run;
}

}  // namespace pawl::flow
