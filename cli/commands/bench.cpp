#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "bench/compare.hpp"
#include "bench/plot.hpp"
#include "bench/run.hpp"
#include "bench/suite.hpp"
#include "bench/workload.hpp"
#include "cli/bench_table.hpp"
#include "cli/commands/commands.hpp"
#include "cli/read.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t max_result_bytes = std::size_t{256} << 20;

struct bench_options {
  std::vector<std::string> workloads;
  std::vector<std::size_t> in_flight;
  std::optional<std::size_t> items;
  double seconds = 2;
  std::size_t rounds = 3;
  std::optional<double> rate;
  std::string folder;
  std::size_t idle = 0;
  std::size_t streams = 0;
  bool json = false;
  std::string output;
};

struct compare_options {
  std::string before;
  std::string after;
  double noise = 5;
  bool json = false;
};

struct plot_options {
  std::vector<std::string> files;
  std::string folder;
};

exit_code list_workloads(session& s, bool as_json) {
  for (const auto* each : bench::all_workloads()) {
    if (as_json) {
      s.out().line(one_line({{"name", each->name},
                             {"description", each->description},
                             {"unit", each->unit},
                             {"latency_of", each->latency_of},
                             {"in_flight", each->in_flight},
                             {"items", each->items == 0 ? json(nullptr) : json(each->items)},
                             {"rate", each->takes_rate},
                             {"server", each->takes_server}}));
    } else {
      s.out().line(pad(std::string{each->name}, 16) + std::string{each->description});
    }
  }
  return exit_code::ok;
}

/// A line on the terminal that shows what is measured; nothing in a pipe.
class bench_progress {
 public:
  explicit bench_progress(bool live) : live_(live) {}
  ~bench_progress() { show(""); }
  bench_progress(const bench_progress&) = delete;
  bench_progress& operator=(const bench_progress&) = delete;

  void show(const std::string& text) {
    if (!live_) return;
    const std::string line = "\r\x1b[K" + text;
    static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
  }

 private:
  const bool live_;
};

result<bench::run_options> run_options_of(session& s, const bench_options& given) {
  auto loaded = s.load_settings();
  if (!loaded) return std::move(loaded).error();
  if (s.names_data_dir()) {
    return error{errc::invalid_argument,
                 "`pawl bench` makes stores of its own; choose their folder with --folder"};
  }
  bench::run_options options;
  options.in_flight = given.in_flight;
  options.items = given.items;
  options.seconds = bench::seconds_type{given.seconds};
  options.rounds = given.rounds;
  options.rate = given.rate;
  options.settings = std::move(loaded->values);
  options.folder = given.folder;
  options.idle = given.idle;
  options.streams = given.streams;
  options.stopped = [&s] { return s.stop_signals().requested(); };
  std::error_code failed;
  options.program = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return error{errc::io_failed, "cannot find this program: " + failed.message()};
  if (!s.names_server()) return options;
  auto server = s.server();
  if (!server) return std::move(server).error();
  if (server->scope != default_scope())
    return error{errc::invalid_argument, "`pawl bench` measures the default scope of a server"};
  auto at = bench::parse_http_address(server->at.shown);
  if (!at) return std::move(at).error();
  options.server = *std::move(at);
  options.server->token = server->token;
  return options;
}

result<void> write_document(const std::string& file, const json& document) {
  std::ofstream out{file, std::ios::trunc};
  out << document.dump() << "\n";
  out.close();
  if (out) return {};
  return error{errc::io_failed, "cannot write " + printable(file)};
}

exit_code show_document(session& s, const bench_options& given, const json& document) {
  if (!given.output.empty()) {
    if (const auto written = write_document(given.output, document); !written)
      return s.fail(written.error());
  }
  if (given.json) {
    s.out().line(one_line(document));
  } else {
    s.out().write(bench_table(document));
  }
  return exit_code::ok;
}

template <class Measure>
exit_code measure(session& s, const bench_options& given, Measure measure) {
  auto options = run_options_of(s, given);
  if (!options) return s.fail(options.error());
  // An early check: a measurement is long.
  if (!given.output.empty()) {
    std::ofstream out{given.output, std::ios::app};
    if (!out) return s.fail(error{errc::io_failed, "cannot write " + printable(given.output)});
  }
  s.stop_signals().enable_graceful_stop();  // so that the data is deleted
  result<json> document = json();
  {
    bench_progress line{detect_terminal(STDERR_FILENO).live};
    options->progress = [&line](const std::string& text) { line.show(text); };
    document = measure(*options);
  }
  if (const auto code = s.stop_signals().code()) return *code;
  if (!document) return s.fail(document.error());
  return show_document(s, given, *document);
}

exit_code run_workloads(session& s, const bench_options& given) {
  std::vector<const bench::workload*> workloads;
  for (const auto& name : given.workloads) {
    workloads.push_back(bench::find_workload(name));
    if (workloads.back() == nullptr) {
      return s.fail(error{errc::invalid_argument, "unknown workload " + printable(name) +
                                                      "; `pawl bench list` lists them"});
    }
  }
  return measure(s, given, [&](const bench::run_options& options) -> result<json> {
    const auto plan = bench::plan_of(workloads, options);
    if (!plan) return plan.error();
    return bench::run(*plan, options);
  });
}

result<json> read_document(const std::string& file) {
  const auto text = read_text(file, max_result_bytes);
  if (!text) return text.error();
  json document = json::parse(*text, nullptr, false);
  if (const auto good = bench::check_document(document, file); !good) return good.error();
  return document;
}

json comparison_to_json(const bench::comparison& all) {
  json changes = json::array();
  for (const auto& each : all.changes) {
    changes.push_back({{"workload", each.workload},
                       {"figure", each.figure},
                       {"before", each.before},
                       {"after", each.after},
                       {"percent", each.percent},
                       {"verdict", each.what == bench::verdict::worse    ? "worse"
                                   : each.what == bench::verdict::better ? "better"
                                                                         : "same"}});
  }
  return {{"changes", std::move(changes)},
          {"only_before", all.only_before},
          {"only_after", all.only_after},
          {"warnings", all.warnings},
          {"worse", all.any_worse()}};
}

exit_code compare_documents(session& s, const compare_options& given) {
  const auto before = read_document(given.before), after = read_document(given.after);
  if (!before) return s.fail(before.error());
  if (!after) return s.fail(after.error());
  const auto all = bench::compare(*before, *after, given.noise);
  if (!all) return s.fail(all.error());
  if (given.json) {
    s.out().line(one_line(comparison_to_json(*all)));
  } else {
    for (const auto& each : all->warnings) s.print_message(each);
    s.out().write(bench_changes(*all));
    for (const auto& each : all->only_before) s.out().line("only before: " + printable(each));
    for (const auto& each : all->only_after) s.out().line("only after: " + printable(each));
  }
  return all->any_worse() ? exit_code::run_failed : exit_code::ok;
}

exit_code plot_documents(session& s, const plot_options& given) {
  std::vector<bench::named_document> documents;
  for (const auto& file : given.files) {
    auto document = read_document(file);
    if (!document) return s.fail(document.error());
    documents.push_back({std::filesystem::path{file}.stem().string(), *std::move(document)});
  }
  const auto pictures = bench::plot(documents, given.folder);
  if (!pictures) return s.fail(pictures.error());
  for (const auto& each : *pictures) s.out().line(printable(each.string()));
  return exit_code::ok;
}

constexpr std::size_t most_in_flight = 50'000;
constexpr std::size_t most_items = 10'000'000;

/// A check that does not appear in the help.
template <class T>
CLI::Validator in_range(T least, T most) {
  return CLI::Range(least, most).description("");
}

void add_measure_options(CLI::App& to, bench_options& options) {
  to.add_option("--seconds", options.seconds, "Length of a round; default: 2")
      ->type_name("S")
      ->check(in_range(0.01, 86'400.0));
  to.add_option("--rounds", options.rounds, "Number of rounds; default: 3")
      ->type_name("N")
      ->check(in_range(1, 1'000));
  to.add_option("--items", options.items,
                "Amount of work of workloads that have a fixed one, such as parked runs")
      ->type_name("N")
      ->check(in_range(std::size_t{1}, most_items));
  to.add_option("--folder", options.folder,
                "Folder for the data, on the disk to measure: a new or an empty one; default: a "
                "new one in the current folder. The data is deleted at the end")
      ->type_name("DIR")
      ->check(not_empty);
  to.add_flag("--json", options.json, "Print one JSON object");
  to.add_option("--output", options.output, "Write the JSON object to a file, too")
      ->type_name("FILE")
      ->check(not_empty);
}

void add_bench_run(CLI::App& group, command_line& line) {
  auto options = std::make_shared<bench_options>();
  auto* const cmd = add_command(
      group, "run", "Measure workloads.",
      "Examples:\n"
      "  pawl bench run linear-10 bare\n"
      "  pawl bench run linear-1 --in-flight 1,8,64,512 --output sweep.json\n"
      "  pawl bench run linear-1 --rate 5000 --seconds 30\n"
      "  pawl bench run http-3 --server http://127.0.0.1:7717 --token-file key\n\n"
      "Each round has a new store. The rounds of several workloads take turns, so that\n"
      "a change of the machine's speed is in all of them. With --rate, latency counts\n"
      "from the time at which a request was due.");
  cmd->add_option("WORKLOAD", options->workloads, "Workloads; see `pawl bench list`")
      ->required()
      ->expected(1, 100);
  cmd->add_option("--in-flight", options->in_flight,
                  "Maximum number of runs or requests at a time; several separated by commas")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("N[,N]")
      ->check(in_range(std::size_t{1}, most_in_flight));
  cmd->add_option("--rate", options->rate, "Runs or requests to begin per second (open loop)")
      ->type_name("R")
      ->check(in_range(0.001, 1e7));
  cmd->add_option("--idle", options->idle, "Idle connections during an HTTP workload")
      ->type_name("N")
      ->check(in_range(std::size_t{0}, most_in_flight));
  cmd->add_option("--streams", options->streams, "Event streams during an HTTP workload")
      ->type_name("N")
      ->check(in_range(std::size_t{0}, most_in_flight));
  add_measure_options(*cmd, *options);
  cmd->callback([&line, options] {
    line.command = [options](session& s) { return run_workloads(s, *options); };
  });
}

void add_bench_suite(CLI::App& group, command_line& line) {
  auto options = std::make_shared<bench_options>();
  auto* const cmd = add_command(
      group, "suite", "Measure everything, each figure next to its reference.",
      "Example:\n"
      "  pawl bench suite --output before.json\n\n"
      "The reference is RocksDB alone, with the engine's options and keys, and a plain\n"
      "one. Takes about three minutes.");
  add_measure_options(*cmd, *options);
  cmd->callback([&line, options] {
    line.command = [options](session& s) {
      if (s.names_server())
        return s.fail(error{errc::invalid_argument, "`pawl bench suite` takes no --server"});
      return measure(s, *options, [](const bench::run_options& o) { return bench::run_suite(o); });
    };
  });
}

void add_bench_compare(CLI::App& group, command_line& line) {
  auto options = std::make_shared<compare_options>();
  auto* const cmd = add_command(
      group, "compare", "Compare two results, and say what is beyond the noise.",
      "Example:\n"
      "  pawl bench compare before.json after.json\n\n"
      "A figure is better or worse if its median has changed by more than --noise, and\n"
      "the rounds of both results do not overlap. Exits with 1 if a figure is worse.");
  cmd->add_option("BEFORE", options->before, "File of `pawl bench run --output`")->required();
  cmd->add_option("AFTER", options->after, "File to compare with it")->required();
  cmd->add_option("--noise", options->noise, "Percent that a figure may change; default: 5")
      ->type_name("PERCENT")
      ->check(in_range(0.0, 1'000.0));
  cmd->add_flag("--json", options->json, "Print one JSON object");
  cmd->callback([&line, options] {
    line.command = [options](session& s) { return compare_documents(s, *options); };
  });
}

void add_bench_plot(CLI::App& group, command_line& line) {
  auto options = std::make_shared<plot_options>();
  auto* const cmd =
      add_command(group, "plot", "Draw results as SVG with gnuplot.",
                  "Example:\n"
                  "  pawl bench plot sweep.json --output pictures\n\n"
                  "Draws latency.svg, and throughput.svg of workloads that were measured with\n"
                  "several numbers in flight. Needs the program gnuplot.");
  cmd->add_option("FILE", options->files, "Files of `pawl bench run --output`")
      ->required()
      ->expected(1, 100);
  cmd->add_option("--output", options->folder, "Folder for the pictures; created if needed")
      ->type_name("FOLDER")
      ->required()
      ->check(not_empty);
  cmd->callback([&line, options] {
    line.command = [options](session& s) { return plot_documents(s, *options); };
  });
}

}  // namespace

void add_bench(CLI::App& to, command_line& line) {
  auto* const group = add_command(to, "bench", "Measure the engine or a server on this machine.",
                                  "Examples:\n"
                                  "  pawl bench list\n"
                                  "  pawl bench run linear-10 --seconds 5\n"
                                  "  pawl bench suite --output result.json");
  auto as_json = std::make_shared<bool>(false);
  auto* const list =
      add_command(*group, "list", "List the workloads.", "Example:\n  pawl bench list");
  list->add_flag("--json", *as_json, "Print one JSON object per line");
  list->callback([&line, as_json] {
    line.command = [as_json](session& s) { return list_workloads(s, *as_json); };
  });
  add_bench_run(*group, line);
  add_bench_suite(*group, line);
  add_bench_compare(*group, line);
  add_bench_plot(*group, line);
}

}  // namespace pawl::cli
