// Runs one flow whose step kills the process, and one that does not.
//
//   poison_child DATA_DIR HOW [retry]
//
// HOW: how the step kills the process: "abort", "inline" (abort on a thread of the actors),
// "overflow" (of the stack), "kill" (no step: SIGKILL while the run is noted as being loaded).
// With `retry`, the step does nothing and the poisoned run is retried. Prints "STATUS ERROR_TYPE
// QUARANTINED_RUNS" of the poisoned run and exits with 0, or with 1 and what is wrong.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <pawl/engine.hpp>

#include "actors/engine_context.hpp"
#include "runtime/core.hpp"

#ifdef __SANITIZE_ADDRESS__
/// Leaves SIGSEGV to the engine's own handler, as in a program without sanitizers.
extern "C" const char* __asan_default_options() {
  return "handle_segv=0:use_sigaltstack=0";
}
#endif

namespace {

using namespace std::chrono_literals;

/// Recurses much deeper than any stack.
[[gnu::noinline]] int overflow(volatile char* outer, int left) {
  volatile char frame[4096];
  frame[0] = outer == nullptr ? 1 : outer[0];
  return left == 0 ? 0 : overflow(frame, left - 1) + frame[0];
}

pawl::json one_step(const char* name, const char* function) {
  return {{"name", name},
          {"nodes",
           {{{"id", "begin"}, {"type", "start"}},
            {{"id", "work"}, {"type", "task"}, {"data", {{"code_ref", function}}}}}},
          {"edges", {{{"source", "begin"}, {"target", "work"}}}}};
}

int fail(const std::string& what) {
  std::fprintf(stderr, "poison_child: %s\n", what.c_str());
  return 1;
}

pawl::start_options with_id(const char* id) {
  pawl::start_options options;
  options.id = pawl::run_id{id};
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string_view how = argv[2];
  const bool retries = argc > 3;
  pawl::settings settings;
  settings.storage.data_dir = argv[1];
  settings.log.level = pawl::log_level::error;
  pawl::engine engine{settings};
  pawl::function_options options;
  options.run_inline = how == "inline";
  const auto poison = [&](const pawl::json&, pawl::step_context& step) -> pawl::json {
    if (retries) return pawl::json::object();
    if (how == "overflow") return overflow(nullptr, 10'000'000);
    while (how == "kill" && !step.stop_requested()) std::this_thread::yield();
    std::abort();
  };
  if (auto added = engine.functions().add("test.poison", poison, options); !added)
    return fail(added.error().message);
  if (auto opened = engine.open(); !opened) return fail(opened.error().message);
  if (auto put = engine.put_flow(one_step("poison", "test.poison")); !put)
    return fail(put.error().message);
  if (auto put = engine.put_flow(one_step("fine", "core.echo")); !put)
    return fail(put.error().message);
  const auto fine = engine.start_and_wait("fine", pawl::json::object(), 30s, with_id("fine"));
  if (!fine) return fail(fine.error().message);
  if (fine->summary.status != pawl::run_status::completed) return fail("the other run failed");
  const pawl::run_id poisoned{"poisoned"};
  if (auto started = engine.start("poison", pawl::json::object(), with_id("poisoned")); !started) {
    if (started.error().type != "engine.quarantined") return fail(started.error().message);
  }
  const auto context = pawl::engine_access::core(engine).running();
  if (how == "kill" && !retries && context->suspects.quarantined() == 0) {
    const auto note = context->loads.take({pawl::scope_name{"default"}, poisoned});
    std::raise(SIGKILL);
  }
  if (retries) {
    // Two at once: one of them releases the run.
    const auto retried = engine.runs().retry_many({poisoned, poisoned});
    if (!retried[0].outcome && !retried[1].outcome) return fail(retried[0].outcome.error().message);
  }
  const auto end = engine.wait(poisoned, 30s);
  if (!end) return fail(end.error().message);
  const auto shown = engine.runs().get(poisoned);
  if (!shown) return fail(shown.error().message);
  if (shown->summary.status != end->summary.status) return fail("the status is not the same");
  const auto counts = engine.runs().counts();
  if (!counts) return fail(counts.error().message);
  for (const auto& each : *counts) {
    const bool is_end = each.status == end->summary.status;
    const bool is_of_fine = each.status == pawl::run_status::completed;
    if (each.count != std::size_t{is_end} + std::size_t{is_of_fine})
      return fail("there are " + std::to_string(each.count) + " runs that are " +
                  std::string{to_string(each.status)});
  }
  std::printf("%s %s %zu\n", std::string{to_string(end->summary.status)}.c_str(),
              end->summary.error ? end->summary.error->type.c_str() : "-",
              engine.load()->quarantined_runs);
  return engine.stop() ? 0 : 1;
}
