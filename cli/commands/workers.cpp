#include <algorithm>

#include "cli/commands/commands.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

void print_workers_json(session& s, const worker_overview& all) {
  for (const auto& each : all.workers) {
    s.out().line(one_line({{"worker", each.name},
                           {"queue", each.queue},
                           {"functions", each.functions},
                           {"leases", each.leases},
                           {"last_seen", to_rfc3339(each.last_seen)}}));
  }
  for (const auto& each : all.queues) {
    s.out().line(one_line(
        {{"queue", each.queue},
         {"code_ref", each.code_ref},
         {"queued", each.queued},
         {"leased", each.leased},
         {"oldest_at", each.oldest_at ? json(to_rfc3339(*each.oldest_at)) : json(nullptr)}}));
  }
}

void print_workers(session& s, const worker_overview& all) {
  const text_style style = s.style();
  std::size_t width = 6, queue_width = 5;
  for (const auto& each : all.workers) {
    width = std::max(width, display_width(printable(each.name)));
    queue_width = std::max(queue_width, display_width(printable(each.queue)));
  }
  for (const auto& each : all.queues)
    queue_width = std::max(queue_width, display_width(printable(each.queue)));
  if (all.workers.empty()) {
    s.out().line("No workers were seen in the last minutes.");
  } else {
    s.out().line(style.paint(tint::dim, pad("WORKER", width) + "  " + pad("QUEUE", queue_width) +
                                            "  LEASES  LAST SEEN             FUNCTIONS"));
  }
  for (const auto& each : all.workers) {
    std::string functions;
    for (const auto& name : each.functions) functions += (functions.empty() ? "" : ", ") + name;
    s.out().line(pad(printable(each.name), width) + "  " + pad(printable(each.queue), queue_width) +
                 "  " + pad_left(std::to_string(each.leases), 6) + "  " +
                 time_text(each.last_seen) + "  " + printable(functions));
  }
  if (all.queues.empty()) return;
  s.out().line("");
  s.out().line(style.paint(
      tint::dim, pad("QUEUE", queue_width) + "  QUEUED  LEASED  OLDEST                FUNCTION"));
  for (const auto& each : all.queues) {
    s.out().line(pad(printable(each.queue), queue_width) + "  " +
                 pad_left(std::to_string(each.queued), 6) + "  " +
                 pad_left(std::to_string(each.leased), 6) + "  " +
                 pad(each.oldest_at ? time_text(*each.oldest_at) : "", 20) + "  " +
                 printable(each.code_ref));
  }
}

exit_code list_workers(session& s, bool as_json) {
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  exit_code code = exit_code::ok;
  if (const auto all = (*opened)->workers(); !all) {
    code = s.fail(all.error());
  } else if (as_json) {
    print_workers_json(s, *all);
  } else {
    print_workers(s, *all);
  }
  return s.close(**opened, code);
}

}  // namespace

void add_workers(CLI::App& to, command_line& line) {
  auto as_json = std::make_shared<bool>(false);
  auto* const cmd = add_command(to, "workers", "List the workers and task queues of a server.",
                                "Example:\n  pawl workers --server http://127.0.0.1:7717");
  cmd->add_flag("--json", *as_json,
                "Print one JSON object per worker, then one per queue and function");
  cmd->callback([&line, as_json] {
    line.command = [as_json](session& s) { return list_workers(s, *as_json); };
  });
}

}  // namespace pawl::cli
