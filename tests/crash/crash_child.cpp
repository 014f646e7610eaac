// Starts runs of twenty steps and waits for them, until it is killed or all are completed.
//
//   crash_child DATA_DIR TRACE ACKNOWLEDGED RUNS
//
// Each step appends "run node visit" to TRACE before it returns. The id of each acknowledged start
// is appended to ACKNOWLEDGED. Exits with 0 when every run is completed.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <pawl/engine.hpp>

namespace {

using namespace std::chrono_literals;

/// Appends each line with one write(2), so that a kill leaves complete lines only.
class line_file {
 public:
  explicit line_file(const char* path)
      : file_(::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {}
  void add(const std::string& line) const {
    const std::string text = line + "\n";
    if (::write(file_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
  }

 private:
  int file_;
};

pawl::json twenty_steps() {
  pawl::json nodes = pawl::json::array(), edges = pawl::json::array();
  for (int i = 0; i < 20; ++i) {
    const std::string id = "s" + std::to_string(i);
    nodes.push_back({{"id", id}, {"type", "task"}, {"data", {{"code_ref", "test.trace"}}}});
    if (i > 0) edges.push_back({{"source", "s" + std::to_string(i - 1)}, {"target", id}});
  }
  return {{"name", "twenty"}, {"nodes", nodes}, {"edges", edges}};
}

int fail(const pawl::error& why) {
  std::fprintf(stderr, "crash_child: %s\n", why.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const line_file trace{argv[2]};
  const line_file acknowledged{argv[3]};
  const int runs = std::atoi(argv[4]);

  pawl::settings settings;
  settings.storage.data_dir = argv[1];
  settings.log.level = pawl::log_level::warning;
  pawl::engine engine{settings};
  const auto added = engine.functions().add(
      "test.trace", [&trace](const pawl::json& state, pawl::step_context& step) {
        trace.add(step.run().id.str() + " " + std::string{step.node()} + " " +
                  std::to_string(step.visit()));
        return pawl::json{{"count", state.value("count", 0) + 1}};
      });
  if (!added) return fail(added.error());
  if (auto opened = engine.open(); !opened) return fail(opened.error());
  if (auto put = engine.put_flow(twenty_steps()); !put) return fail(put.error());
  for (int i = 0; i < runs; ++i) {
    pawl::start_options options;
    options.id = pawl::run_id{"run-" + std::to_string(i)};
    const auto started = engine.start("twenty", {{"number", i}}, options);
    if (!started) return fail(started.error());
    if (started->created) acknowledged.add(started->id.str());
  }
  for (int i = 0; i < runs; ++i) {
    const auto done = engine.wait(pawl::run_id{"run-" + std::to_string(i)}, 60s);
    if (!done) return fail(done.error());
    if (done->summary.status != pawl::run_status::completed) return 3;
  }
  if (auto stopped = engine.stop(); !stopped) return fail(stopped.error());
  return 0;
}
