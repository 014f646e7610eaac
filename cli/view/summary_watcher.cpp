#include "cli/view/summary_watcher.hpp"

#include "cli/text.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_failures = 10;
constexpr auto progress_interval = 5s;

}  // namespace

void summary_watcher::on_end(const run_summary& run) {
  ++ended_;
  if (run.status != run_status::failed || ++failed_ > max_failures) return;
  session_.out().line(
      printable(run.key.id.str()) + "  failed" +
      (run.error ? "  " + printable(run.error->type + ": " + run.error->message) : std::string{}));
}

void summary_watcher::tick() {
  if (ended_ == printed_ || steady::now() - printed_at_ < progress_interval) return;
  printed_ = ended_;
  printed_at_ = steady::now();
  session_.out().line(std::to_string(ended_) + " of " + counted(count_, "run") + " finished, " +
                      std::to_string(failed_) + " failed");
  session_.out().flush();
}

}  // namespace pawl::cli
