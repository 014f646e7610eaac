#include "server/api/start_from_run.hpp"

#include <string>
#include <utility>

#include "server/api/call.hpp"
#include "server/api/percent.hpp"
#include "server/api/start_fields.hpp"

namespace pawl::server {

void start_from_run(const call_ptr& request, std::string_view what, start_options options,
                    const std::function<void(start_options, callback<run_started>)>& start) {
  if (!request->bind_idempotency_key(name_of(options))) return;
  request->attribute(options);
  const bool keyed = !options.id && options.key.empty() && !request->idempotency_key().empty();
  // Combined with the run: one key may be used for restarts of different runs.
  if (keyed) {
    options.key = std::string{what} + " " + request->run().str() + " " + request->idempotency_key();
  }
  start(std::move(options), [request, keyed](result<run_started> started) {
    if (!started) {
      problem refused = problem_of(started.error());
      if (keyed && refused.code == problem_code::already_exists)
        refused.code = problem_code::idempotency_mismatch;
      return request->fail(refused);
    }
    request->answer(started->created ? 201 : 200, to_json(*started),
                    {{"Location", "/v1/runs/" + percent_encoded(started->id.str())}});
  });
}

}  // namespace pawl::server
