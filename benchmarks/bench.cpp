// Measures linear flows of inline no-op steps (durable steps per second, duration of a run) and
// runs that wait for a signal. Figures are medians of several rounds after a warm-up. Prints one
// JSON object per line. See benchmarks/README.md.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

#include <pawl/engine.hpp>

#include "benchmarks/bare_writer.hpp"
#include "benchmarks/work_folder.hpp"

namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

pawl::json linear(int steps) {
  pawl::json nodes = pawl::json::array(), edges = pawl::json::array();
  for (int i = 0; i < steps; ++i) {
    const std::string id = "s" + std::to_string(i);
    nodes.push_back({{"id", id}, {"type", "task"}, {"data", {{"code_ref", "bench.noop"}}}});
    if (i > 0) edges.push_back({{"source", "s" + std::to_string(i - 1)}, {"target", id}});
  }
  return {{"name", "linear" + std::to_string(steps)}, {"nodes", nodes}, {"edges", edges}};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Keeps `in_flight` runs in flight until a given time.
class load {
 public:
  load(const pawl::scope& in, std::string flow, int in_flight, clock_type::time_point until)
      : in_(in), flow_(std::move(flow)), until_(until), left_(in_flight) {}

  /// Returns the durations of all finished runs, in µs.
  std::vector<double> run() {
    const int n = left_;
    for (int i = 0; i < n; ++i) next();
    ended_.get_future().wait();
    return std::move(durations_);
  }

 private:
  void next() {
    if (clock_type::now() >= until_) {
      if (--left_ == 0) ended_.set_value();
      return;
    }
    const auto begin = clock_type::now();
    in_.runs().start_async(
        flow_, {{"n", 1}}, {}, [this, begin](pawl::result<pawl::run_started> started) {
          if (!started) fail(started.error());
          in_.runs().wait_async(started->id, 60s, [this, begin](pawl::result<pawl::run_view> done) {
            if (!done) fail(done.error());
            const std::chrono::duration<double, std::micro> took = clock_type::now() - begin;
            {
              const std::lock_guard lock{mutex_};
              durations_.push_back(took.count());
            }
            next();
          });
        });
  }
  [[noreturn]] static void fail(const pawl::error& why) {
    std::fprintf(stderr, "pawl_bench: %s\n", why.message.c_str());
    std::exit(6);
  }

  const pawl::scope in_;
  const std::string flow_;
  const clock_type::time_point until_;
  std::atomic<int> left_;
  std::mutex mutex_;
  std::vector<double> durations_;
  std::promise<void> ended_;
};

const char* name_of(pawl::durability d) {
  return d == pawl::durability::sync ? "sync" : d == pawl::durability::async ? "async" : "off";
}

void measure(const std::filesystem::path& folder, pawl::durability mode, double seconds) {
  pawl::settings s;
  s.storage.data_dir = folder;
  s.storage.durability = mode;
  s.log.level = pawl::log_level::error;
  pawl::engine engine{s};
  const auto added =
      engine.functions().add("bench.noop", [](pawl::step_context&) {}, {.run_inline = true});
  if (!added || !engine.open()) std::exit(6);
  for (const int steps : {1, 3, 10}) {
    if (!engine.put_flow(linear(steps))) std::exit(6);
    for (const int in_flight : {1, 64, 512}) {
      std::vector<double> rates, medians;
      const auto each = std::chrono::duration_cast<clock_type::duration>(
          std::chrono::duration<double>(seconds / 4));
      for (int round = 0; round < 4; ++round) {
        const auto begin = clock_type::now();
        const auto durations =
            load{engine.scope(), "linear" + std::to_string(steps), in_flight, begin + each}.run();
        const std::chrono::duration<double> took = clock_type::now() - begin;
        if (round == 0 || durations.empty()) continue;  // warm-up
        rates.push_back(static_cast<double>(durations.size()) / took.count());
        medians.push_back(median(durations));
      }
      const double runs = median(rates);
      std::printf("%s\n", pawl::json{{"what", "engine"},
                                     {"durability", name_of(mode)},
                                     {"steps", steps},
                                     {"in_flight", in_flight},
                                     {"runs_per_s", std::round(runs)},
                                     {"steps_per_s", std::round(runs * steps)},
                                     {"median_us", std::round(median(medians))}}
                              .dump()
                              .c_str());
      std::fflush(stdout);
    }
  }
}

/// The resident memory of this process, in bytes.
double resident_bytes() {
  ::malloc_trim(0);
  std::ifstream statm{"/proc/self/statm"};
  double all = 0, resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// Makes `count` calls, at most 512 at a time, and waits for their answers. Returns the calls per
/// second.
template <class Call>
double all_answered(int count, Call call) {
  std::counting_semaphore<> free{512};
  const auto begin = clock_type::now();
  for (int i = 0; i < count; ++i) {
    free.acquire();
    call(i, [&free](bool done) {
      if (!done) std::exit(6);
      free.release();
    });
  }
  for (int i = 0; i < 512; ++i) free.acquire();
  return count / std::chrono::duration<double>(clock_type::now() - begin).count();
}

/// Measures runs that wait for a signal: memory per run, starts per second, and how many runs per
/// second finish after their signal.
void measure_parked(const std::filesystem::path& folder, int runs) {
  pawl::settings s;
  s.storage.data_dir = folder;
  s.log.level = pawl::log_level::error;
  pawl::engine engine{s};
  const pawl::json flow{{"name", "waiting"},
                        {"nodes", {{{"id", "w"}, {"type", "signal"}, {"data", {{"name", "go"}}}}}},
                        {"edges", pawl::json::array()}};
  if (!engine.open() || !engine.put_flow(flow)) std::exit(6);
  const auto id_of = [](const char* kind, int i) { return pawl::run_id{kind + std::to_string(i)}; };
  const auto start = [&](const char* kind, int count) {
    return all_answered(count, [&](int i, auto done) {
      engine.runs().start_async("waiting", {{"n", i}}, {.id = id_of(kind, i)},
                                [done](pawl::result<pawl::run_started> r) { done(r.has_value()); });
    });
  };
  const auto signal = [&](const char* kind, int count) {
    return all_answered(count, [&](int i, auto done) {
      engine.runs().signal_async(
          id_of(kind, i), "go", {{"by", i}}, {},
          [done](pawl::result<pawl::run_changed> r) { done(r.has_value()); });
    });
  };
  start("warm", runs);  // fills the memory of RocksDB, which does not depend on the number of runs
  signal("warm", runs);
  const double before = resident_bytes();
  const double started = start("run", runs);
  const double parked = resident_bytes();
  const double signalled = signal("run", runs);
  std::printf("%s\n", pawl::json{{"what", "parked"},
                                 {"durability", "sync"},
                                 {"runs", runs},
                                 {"bytes_per_run", std::round((parked - before) / runs)},
                                 {"starts_per_s", std::round(started)},
                                 {"signal_to_finish_per_s", std::round(signalled)}}
                          .dump()
                          .c_str());
  std::fflush(stdout);
}

constexpr const char* usage =
    "Usage: pawl_bench [FOLDER [SECONDS]]\n"
    "\n"
    "Measures the engine on this machine. Prints one JSON object per line; see "
    "benchmarks/README.md.\n"
    "\n"
    "  FOLDER   Folder for the data, on the disk to measure. Must not exist or be empty. The data "
    "is\n"
    "           removed at the end. Default: bench-data\n"
    "  SECONDS  Time per figure. Default: 8\n";

int wrong_usage(const char* what, const char* argument) {
  std::fprintf(stderr, "pawl_bench: %s: %s\n\n%s", what, argument, usage);
  return 2;
}

void measure_all(const std::filesystem::path& folder, double seconds) {
  const auto in_new_folder = [&folder](auto measured) {
    measured(folder / "store");
    std::filesystem::remove_all(folder / "store");
  };
  for (const auto mode : {pawl::durability::sync, pawl::durability::async, pawl::durability::off}) {
    for (const std::size_t in_flight : {std::size_t{1}, std::size_t{64}, std::size_t{512}}) {
      in_new_folder([&](const std::filesystem::path& store) {
        const double rate =
            pawl::benchmark::bare_writer(store, mode, in_flight, in_flight == 1 ? 3'000 : 100'352);
        std::printf("%s\n", pawl::json{{"what", "bare writer"},
                                       {"durability", name_of(mode)},
                                       {"in_flight", in_flight},
                                       {"records_per_s", std::round(rate)}}
                                .dump()
                                .c_str());
        std::fflush(stdout);
      });
    }
    in_new_folder([&](const std::filesystem::path& store) { measure(store, mode, seconds); });
  }
  in_new_folder([](const std::filesystem::path& store) { measure_parked(store, 100'000); });
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--help") == 0 || std::strcmp(argv[i], "-h") == 0) {
      std::fputs(usage, stdout);
      return 0;
    }
    if (argv[i][0] == '-') return wrong_usage("unknown option", argv[i]);
    if (i > 2) return wrong_usage("unexpected argument", argv[i]);
  }
  const double seconds = argc > 2 ? std::atof(argv[2]) : 8;
  if (seconds <= 0) return wrong_usage("SECONDS must be a number above 0", argv[2]);
  try {
    const pawl::benchmark::work_folder data{argc > 1 ? argv[1] : "bench-data"};
    measure_all(data.path(), seconds);
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "pawl_bench: %s\n", failure.what());
    return 6;
  }
}
