// Measures `pawl serve` in a separate process: HTTP clients start runs of three steps and wait for
// their results, while others are connected or watch runs. For comparison it also measures the
// engine embedded in this process, and HTTP alone. Prints one JSON object per line. See
// benchmarks/README.md.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "benchmarks/serve_load.hpp"
#include "benchmarks/served_process.hpp"
#include "benchmarks/work_folder.hpp"

namespace {

namespace bench = pawl::benchmark;
using pawl::json;

struct options {
  std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "pawl";
  std::filesystem::path folder = "serve-bench-data";
  double seconds = 60;
  int clients = 200;
  int idle = 2'000;
  int streams = 1'000;
  pawl::durability mode = pawl::durability::sync;
  std::vector<std::string> steps = {"local", "remote"};
};

const std::vector<std::pair<std::string, pawl::durability>> modes{
    {"sync", pawl::durability::sync},
    {"async", pawl::durability::async},
    {"off", pawl::durability::off}};

const std::string& name_of(pawl::durability mode) {
  for (const auto& each : modes)
    if (each.second == mode) return each.first;
  throw std::logic_error("unknown durability mode");
}

void print(const json& line) {
  std::printf("%s\n", line.dump().c_str());
  std::fflush(stdout);
}

/// Measures clients that repeat one request, and the processor time of both sides. With `worker`, a
/// remote worker executes the steps.
json measure(const options& o, const bench::served_process& server, const std::string& what,
             const char* unit, const std::string& request, const std::string& expected,
             double seconds, bool worker = false) {
  boost::asio::io_context on{1};
  const double server_before = server.cpu_seconds(), own_before = bench::own_cpu_seconds();
  std::optional<bench::remote_worker> remote;
  if (worker) remote.emplace(on, server.port());
  bench::clients all{on, server.port(), o.clients, request, expected, seconds, [&] {
                       if (remote) remote->stop();
                     }};
  on.run();
  const auto answers = static_cast<double>(std::max<std::uint64_t>(all.answers(), 1));
  json line = all.seen().shown(what, unit);
  line["clients"] = o.clients;
  line["server_cpu_us_each"] = std::round((server.cpu_seconds() - server_before) * 1e6 / answers);
  line["client_cpu_us_each"] = std::round((bench::own_cpu_seconds() - own_before) * 1e6 / answers);
  line["server_mib"] = std::round(server.resident_mib());
  if (remote) {
    line["worker_errors"] = remote->errors();
    line["tasks_per_poll"] = std::round(remote->tasks_per_poll() * 10) / 10;
  }
  return line;
}

std::string start_request(const std::string& flow) {
  return bench::post_request("/v1/runs?wait=30s",
                             json{{"flow", flow}, {"input", {{"n", 1}}}}.dump());
}

/// False if a client, a stream or the worker saw an error.
bool measure_server(const options& o, const std::filesystem::path& data_dir) {
  bench::served_process server{
      o.program, data_dir, {"--durability", name_of(o.mode), "--set", "server.idle_timeout_ms=1h"}};
  const double empty_mib = server.resident_mib();
  for (const json& flow :
       {bench::waiting_flow(), bench::three_steps("local", "core.set"),
        bench::three_steps("remote", std::string{bench::remote_worker::function})})
    bench::ask(server.port(), bench::post_request("/v1/flows", flow.dump()), 201);

  boost::asio::io_context on{1};
  bench::bystanders others{on, server.port(), o.idle, o.streams};
  print({{"what", "bystanders"},
         {"idle_connections", o.idle},
         {"streams", o.streams},
         {"server_mib_before", std::round(empty_mib)},
         {"server_mib", std::round(server.resident_mib())}});

  print(measure(o, server, "transport", "requests_per_s", bench::get_request("/healthz"), "ok",
                o.seconds / 6));
  bool good = true;
  const std::string completed = R"("status":"completed")";
  for (const std::string& kind : o.steps) {
    const json line = measure(o, server, "server, " + kind + " steps", "runs_per_s",
                              start_request(kind), completed, o.seconds, kind == "remote");
    print(line);
    good = good && line.at("errors") == 0 && line.value("worker_errors", 0) == 0;
  }
  json seen = others.roll_call();
  good = good && seen.at("idle_answered") == o.idle && seen.at("streams_ended") == o.streams;
  seen["what"] = "bystanders at the end";
  seen["server_exit_code"] = server.stop();
  print(seen);
  return good && seen.at("server_exit_code") == 0;
}

void read(options& o, CLI::App& line) {
  line.add_option("--program", o.program,
                  "The program pawl. Default: in the folder of this program.")
      ->check(CLI::ExistingFile);
  line.add_option(
      "--folder", o.folder,
      "Folder for the data, on the disk to measure. Must not exist or be empty. The data is "
      "removed at the end. Default: serve-bench-data");
  line.add_option("--seconds", o.seconds, "Time per figure. Default: 60")
      ->check(CLI::Range(0.1, 86'400.0));
  line.add_option("--clients", o.clients, "Number of clients that start runs. Default: 200")
      ->check(CLI::Range(1, 10'000));
  line.add_option("--idle", o.idle, "Number of idle connections. Default: 2000")
      ->check(CLI::Range(0, 50'000));
  line.add_option("--streams", o.streams, "Number of event streams. Default: 1000")
      ->check(CLI::Range(0, 5'000));
  line.add_option("--durability", o.mode, "Durability: sync, async or off. Default: sync")
      ->transform(CLI::CheckedTransformer(modes));
  line.add_option("--steps", o.steps,
                  "Where steps run: local (in the server), remote (in a worker). Default: both")
      ->check(CLI::IsMember({"local", "remote"}))
      ->delimiter(',');
}

int run(const options& o) {
  // Both processes need the connections; the store needs files as well.
  const auto files = static_cast<std::uint64_t>(o.idle + o.streams + o.clients) + 1'024;
  if (!bench::allow_open_files(files)) {
    std::fprintf(stderr,
                 "pawl_serve_bench: the limit of open files is below the %llu needed. Raise it "
                 "(ulimit -Hn), or lower --idle and --streams\n",
                 static_cast<unsigned long long>(files));
    return 6;
  }
  const bench::work_folder data{o.folder};
  print(bench::embedded_engine(data.path() / "embedded", o.mode, o.clients, o.seconds / 3));
  return measure_server(o, data.path() / "served") ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  options chosen;
  CLI::App line{"Measures pawl serve under load, compared with the embedded engine."};
  read(chosen, line);
  try {
    line.parse(argc, argv);
    return run(chosen);
  } catch (const CLI::ParseError& wrong) {
    return line.exit(wrong);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "pawl_serve_bench: %s\n", failure.what());
    return 6;
  }
}
