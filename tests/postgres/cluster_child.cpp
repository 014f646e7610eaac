// An engine of a cluster: starts runs of ten steps when it owns the store, and waits for them,
// until it is killed or all are completed. While another process owns the store it stands by.
//
//   cluster_child URL NODE TRACE ACKNOWLEDGED RUNS LEASE_MS
//
// It appends "open NODE" to ACKNOWLEDGED when it is open. When it owns the store, it appends "owner
// NODE PID" to ACKNOWLEDGED, and "run ID" for each acknowledged start. Each step appends "run step
// NODE" to TRACE before it returns. Exits with 0 when every run is completed.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

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

pawl::json ten_steps() {
  pawl::json nodes = pawl::json::array(), edges = pawl::json::array();
  for (int i = 0; i < 10; ++i) {
    const std::string id = "s" + std::to_string(i);
    nodes.push_back({{"id", id}, {"type", "task"}, {"data", {{"code_ref", "test.trace"}}}});
    if (i > 0) edges.push_back({{"source", "s" + std::to_string(i - 1)}, {"target", id}});
  }
  return {{"name", "ten"}, {"nodes", nodes}, {"edges", edges}};
}

int fail(const pawl::error& why) {
  std::fprintf(stderr, "cluster_child: %s\n", why.message.c_str());
  return 1;
}

/// Whether the error says that another process owns the store, or will.
bool is_loss(const pawl::error& why) {
  return why.code == pawl::errc::unavailable;
}

pawl::result<void> work(pawl::engine& engine, const line_file& acknowledged, int runs) {
  if (auto put = engine.put_flow(ten_steps()); !put) return put.error();
  for (int i = 0; i < runs; ++i) {
    pawl::start_options options;
    options.id = pawl::run_id{"run-" + std::to_string(i)};
    const auto started = engine.start("ten", {{"number", i}}, options);
    if (!started) return started.error();
    if (started->created) acknowledged.add("run " + started->id.str());
  }
  for (int i = 0; i < runs; ++i) {
    const auto done = engine.wait(pawl::run_id{"run-" + std::to_string(i)}, 60s);
    if (!done) return done.error();
    if (done->summary.status != pawl::run_status::completed)
      return pawl::error{pawl::errc::conflict, "a run did not complete"};
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const line_file trace{argv[3]};
  const line_file acknowledged{argv[4]};
  const int runs = std::atoi(argv[5]);

  pawl::settings settings;
  settings.storage.url = argv[1];
  settings.cluster.node = argv[2];
  settings.cluster.lease_ttl_ms = std::chrono::milliseconds{std::atoi(argv[6])};
  settings.log.level = pawl::log_level::error;
  pawl::engine engine{settings};
  const auto added = engine.functions().add(
      "test.trace",
      [&trace, name = std::string{argv[2]}](const pawl::json& state, pawl::step_context& step) {
        trace.add(step.run().id.str() + " " + std::string{step.node()} + " " + name);
        std::this_thread::sleep_for(1ms);
        return pawl::json{{"count", state.value("count", 0) + 1}};
      });
  if (!added) return fail(added.error());
  if (auto opened = engine.open(); !opened) return fail(opened.error());
  acknowledged.add("open " + std::string{argv[2]});
  while (true) {
    while (!engine.ready()) std::this_thread::sleep_for(10ms);
    acknowledged.add("owner " + std::string{argv[2]} + " " + std::to_string(::getpid()));
    const auto done = work(engine, acknowledged, runs);
    if (done) break;
    if (!is_loss(done.error())) return fail(done.error());
  }
  if (auto stopped = engine.stop(); !stopped) return fail(stopped.error());
  return 0;
}
