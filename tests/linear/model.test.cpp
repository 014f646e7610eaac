#include "tests/linear/model.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::linear;
using pawl::run_status;

namespace {

run_model started() {
  run_model run;
  CHECK(run.perform({.what = verb::start, .input = 1}).created);
  return run;
}

}  // namespace

TEST_CASE("the model goes from signal to task until the end", "[linear][model]") {
  run_model run = started();
  for (int i = 1; i <= pairs; ++i) {
    CHECK_FALSE(run.move());
    CHECK(run.perform({.what = verb::signal, .signal = i}).error.empty());
    CHECK(run.status == run_status::running);
    CHECK(run.move());
  }
  CHECK(run.status == run_status::completed);
  CHECK(run.claimed() == std::vector<int>{1, 2, 3, 4, 5});
  CHECK(run.perform({.what = verb::signal, .signal = 9}).error == "illegal_transition");
  CHECK(run.perform({.what = verb::signal, .signal = 5}).error.empty());
}

TEST_CASE("a pause in the model waits for the task and keeps signals", "[linear][model]") {
  run_model run = started();
  run.perform({.what = verb::signal, .signal = 1});
  CHECK(run.perform({.what = verb::pause}).pausing);
  CHECK(run.perform({.what = verb::pause}).error == "illegal_transition");
  CHECK(run.perform({.what = verb::resume, .note = 7}).error == "illegal_transition");
  CHECK(run.move());
  CHECK(run.status == run_status::paused);
  run.perform({.what = verb::signal, .signal = 2});
  run.perform({.what = verb::signal, .signal = 2});
  CHECK(run.received == std::vector<int>{1, 2});
  const auto resumed = run.perform({.what = verb::resume, .note = 7});
  CHECK(resumed.status == run_status::running);
  CHECK(resumed.before == run_status::paused);
  CHECK(run.claimed() == std::vector<int>{1, 2});
  CHECK(run.perform({.what = verb::get}).data == shown_data{1, 7, 1, {1, 2}});
}

TEST_CASE("a refused operation does not change the model", "[linear][model]") {
  run_model run;
  CHECK(run.perform({.what = verb::get}).error == "not_found");
  CHECK(run == run_model{});
  run = started();
  const run_model before = run;
  CHECK(run.perform({.what = verb::start, .input = 2}).error == "already_exists");
  CHECK_FALSE(run.perform({.what = verb::start, .input = 1}).created);
  CHECK(run.perform({.what = verb::cancel, .if_status = run_status::paused}).error == "conflict");
  CHECK(run.perform({.what = verb::resume}).error == "illegal_transition");
  CHECK(run == before);
}
