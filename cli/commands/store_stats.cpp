#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/commands/find_store.hpp"
#include "cli/text.hpp"
#include "cli/view/progress_line.hpp"
#include "persistence/rocksdb/store_info.hpp"
#include "runtime/store_codec.hpp"

namespace pawl::cli {
namespace {

using persistence::measured_store;
using persistence::record_sum;

json to_json(const measured_store& store) {
  json kinds = json::array(), flows = json::array();
  for (const auto& each : store.sizes.kinds) {
    kinds.push_back({{"column", to_string(each.where)},
                     {"kind", each.kind},
                     {"records", each.sum.records},
                     {"bytes", each.sum.bytes}});
  }
  const auto name = [](const std::string& text) {
    return text.empty() ? json(nullptr) : json(text);
  };
  for (const auto& each : store.sizes.flows) {
    flows.push_back({{"scope", name(each.scope)},
                     {"flow", name(each.flow)},
                     {"records", each.sum.records},
                     {"bytes", each.sum.bytes}});
  }
  return {{"records", store.sizes.all.records},
          {"bytes", store.sizes.all.bytes},
          {"disk_bytes", store.disk_bytes},
          {"kinds", std::move(kinds)},
          {"flows", std::move(flows)}};
}

/// A table of sums under two names, as wide as the names need.
class sum_table {
 public:
  void add(std::string_view first, std::string_view second, const record_sum& sum) {
    rows_.push_back({printable(first.empty() ? "-" : first),
                     printable(second.empty() ? "-" : second), std::to_string(sum.records),
                     std::to_string(sum.bytes)});
  }

  void print(output& out, std::string_view first, std::string_view second) {
    rows_.insert(rows_.begin(), {std::string{first}, std::string{second}, "RECORDS", "BYTES"});
    std::size_t widths[2] = {};
    for (const auto& row : rows_) {
      widths[0] = std::max(widths[0], display_width(row.first));
      widths[1] = std::max(widths[1], display_width(row.second));
    }
    for (const auto& row : rows_) {
      out.line(pad(row.first, widths[0]) + "  " + pad(row.second, widths[1]) + "  " +
               pad_left(row.records, 12) + "  " + pad_left(row.bytes, 15));
    }
  }

 private:
  struct row {
    std::string first, second, records, bytes;
  };
  std::vector<row> rows_;
};

void print_sizes(output& out, const measured_store& store) {
  sum_table kinds, flows;
  for (const auto& each : store.sizes.kinds) kinds.add(to_string(each.where), each.kind, each.sum);
  for (const auto& each : store.sizes.flows) flows.add(each.scope, each.flow, each.sum);
  kinds.print(out, "COLUMN", "KIND");
  out.line("");
  flows.print(out, "SCOPE", "FLOW");
  out.line("");
  out.line(counted(store.sizes.all.records, "record") + ", " + size_text(store.sizes.all.bytes) +
           " of keys and values; " + size_text(store.disk_bytes) + " on disk.");
}

exit_code show_stats(session& s, bool as_json) {
  const auto found = find_store(s);
  if (!found) return s.fail(found.error());
  auto codec = make_store_codec(*found);
  if (!codec) return s.fail(codec.error());
  constexpr int error_fd = 2;
  const terminal screen = detect_terminal(error_fd);
  output errors{error_fd};
  progress_line progress{errors, screen};
  const auto store = persistence::measure_rocksdb_contents(
      found->data_dir, *std::move(codec), [&](const record_sum& read) {
        progress.show([&] {
          return "read: " + counted(read.records, "record") + ", " + size_text(read.bytes);
        });
      });
  progress.clear();
  if (!store) return s.fail(store.error());
  if (store->in_use) s.print_read_beside_writer();
  if (as_json) {
    s.out().line(one_line(to_json(*store)));
  } else {
    print_sizes(s.out(), *store);
  }
  return exit_code::ok;
}

}  // namespace

void add_store_stats(CLI::App& to, command_line& line) {
  auto as_json = std::make_shared<bool>(false);
  auto* const cmd =
      add_command(to, "stats", "Show the records and bytes of a store by kind, scope and flow.",
                  "Example:\n"
                  "  pawl store stats --data-dir ./data\n\n"
                  "Reads the whole store and changes nothing. A dash stands for records of no\n"
                  "single flow, such as the journal and most entries of indexes. The bytes are\n"
                  "those of keys and values before compression.");
  cmd->add_flag("--json", *as_json, "Print one JSON object");
  cmd->callback([&line, as_json] {
    line.command = [as_json](session& s) { return show_stats(s, *as_json); };
  });
}

}  // namespace pawl::cli
