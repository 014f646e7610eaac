#include "bench/plot.hpp"

#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include "bench/compare.hpp"

extern char** environ;

namespace pawl::bench {
namespace {

namespace fs = std::filesystem;

/// A curve: its title, and points as lines of text.
struct curve {
  std::string title;
  std::string points;
};

/// Text between the double quotes of gnuplot.
std::string quoted_for_gnuplot(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '"' || c == '\\') safe += '\\';
    if (static_cast<unsigned char>(c) >= ' ') safe += c;
  }
  return '"' + safe + '"';
}

std::string script_of(const std::vector<curve>& curves, const std::string& picture,
                      const std::string& axes) {
  std::ostringstream script;
  script << "set terminal svg size 960,600 dynamic background rgb 'white' font 'sans-serif,14'\n"
         << "set output " << quoted_for_gnuplot(picture) << "\n"
         << "set grid\nset key outside bottom center maxcols 1 noenhanced\n"
         << axes;
  for (std::size_t i = 0; i < curves.size(); ++i)
    script << "$curve" << i << " << END\n" << curves[i].points << "END\n";
  for (std::size_t i = 0; i < curves.size(); ++i) {
    script << (i == 0 ? "plot " : ", \\\n     ") << "$curve" << i << " using 1:2 with "
           << "linespoints pointsize 0.4 linewidth 2 title " << quoted_for_gnuplot(curves[i].title);
  }
  script << "\n";
  return script.str();
}

std::string title_of(const named_document& of, const std::string& label, bool several) {
  return several ? of.name + ": " + label : label;
}

result<void> write_file(const fs::path& path, const std::string& text) {
  std::ofstream file{path, std::ios::trunc};
  file << text;
  file.close();
  if (file) return {};
  return error{errc::io_failed, "cannot write " + path.string()};
}

result<void> run_gnuplot(const fs::path& script) {
  std::string program = "gnuplot", argument = script.string();
  char* argv[] = {program.data(), argument.data(), nullptr};
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, "gnuplot", nullptr, nullptr, argv, environ);
  if (failed == ENOENT) {
    return error{
        errc::not_found,
        "gnuplot is not installed; the Debian package is gnuplot-nox. Its scripts are in " +
            script.parent_path().string()};
  }
  if (failed != 0)
    return error{errc::io_failed, std::string{"cannot start gnuplot: "} + std::strerror(failed)};
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return error{errc::io_failed, "gnuplot failed on " + script.string()};
}

}  // namespace

std::string latency_script(const std::vector<named_document>& documents,
                           const std::string& picture) {
  std::vector<curve> curves;
  for (const auto& each : documents) {
    for (const auto& result : each.document.at("results")) {
      const json& latency = result.at("latency_us");
      const auto count = latency.at("count").get<double>();
      if (count == 0) continue;
      std::ostringstream points;
      double seen = 0;
      for (const auto& bucket : latency.at("buckets")) {
        seen += bucket.at(1).get<double>();
        // The axis is 1 / (1 - share): 10 is the 90th percentile, 1000 the 99.9th.
        points << std::min(count / std::max(count - seen, 1.0), count) << ' '
               << bucket.at(0).get<double>() / 1e3 << '\n';
      }
      curves.push_back({title_of(each, label_of(result), documents.size() > 1), points.str()});
    }
  }
  return script_of(curves, picture,
                   "set logscale xy\nset xlabel 'percentile'\n"
                   "set ylabel 'latency (ms)'\nset yrange [*:*]\n"
                   "set xtics ('0' 1, '50' 2, '90' 10, '99' 100, '99.9' 1000, '99.99' 10000, "
                   "'99.999' 100000, '99.9999' 1000000)\n");
}

std::string throughput_script(const std::vector<named_document>& documents,
                              const std::string& picture) {
  std::vector<curve> curves;
  for (const auto& each : documents) {
    std::map<std::string, std::map<double, double>> by_workload;
    for (const auto& result : each.document.at("results")) {
      const std::string unit = result.value("unit", "items");
      by_workload[result.at("workload").get<std::string>() + " (" + unit + "/s)"]
                 [result.at("in_flight").get<double>()] =
                     result.at("rate").at("median").get<double>();
    }
    for (const auto& [name, rates] : by_workload) {
      if (rates.size() < 2) continue;
      std::ostringstream points;
      for (const auto& [in_flight, rate] : rates) points << in_flight << ' ' << rate << '\n';
      curves.push_back({title_of(each, name, documents.size() > 1), points.str()});
    }
  }
  if (curves.empty()) return {};
  return script_of(curves, picture,
                   "set logscale x 2\nset logscale y\nset xlabel 'in flight'\n"
                   "set ylabel 'per second'\n");
}

result<std::vector<fs::path>> plot(const std::vector<named_document>& documents,
                                   const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    return error{errc::io_failed, "cannot create " + folder.string() + ": " + failed.message()};
  std::vector<fs::path> pictures;
  const auto draw = [&](const char* name, auto script_for) -> result<void> {
    const fs::path picture = folder / (std::string{name} + ".svg");
    const std::string script = script_for(documents, picture.string());
    if (script.empty()) return {};
    const fs::path file = folder / (std::string{name} + ".gnuplot");
    if (auto written = write_file(file, script); !written) return written;
    if (auto drawn = run_gnuplot(file); !drawn) return drawn;
    pictures.push_back(picture);
    return {};
  };
  if (auto drawn = draw("latency", latency_script); !drawn) return drawn.error();
  if (auto drawn = draw("throughput", throughput_script); !drawn) return drawn.error();
  return pictures;
}

}  // namespace pawl::bench
