#include "cli/commands/run_columns.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <pawl/run_attributes.hpp>
#include <pawl/suggest.hpp>

#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

constexpr std::string_view attribute_prefix = "attr.";

std::string id_of(const std::optional<run_id>& id) {
  return id ? printable(id->str()) : std::string{};
}

std::string time_of(const std::optional<time_point>& time) {
  return time ? time_text(*time) : std::string{};
}

/// "signal approved at ask and 2 more"; "" for a run that waits for nothing.
std::string wait_of(const run_summary& run) {
  if (run.waits.empty()) return {};
  const run_wait& first = run.waits.front();
  std::string text = first.kind;
  if (!first.name.empty()) text += " " + printable(first.name);
  if (!first.node.empty()) text += " at " + printable(first.node);
  if (run.waits.size() > 1) text += " and " + std::to_string(run.waits.size() - 1) + " more";
  return text;
}

/// The error of a run, or what it waits for.
std::string detail_of(const run_summary& run) {
  if (!run.error) return wait_of(run);
  return printable(run.error->type) +
         (run.error->node.empty() ? "" : " at " + printable(run.error->node));
}

/// Where a run failed, or the first node where it waits.
std::string node_of(const run_summary& run) {
  if (run.error) return printable(run.error->node);
  return run.waits.empty() ? std::string{} : printable(run.waits.front().node);
}

constexpr std::size_t status_width = 9, took_width = 7;

/// All columns but those of attributes.
std::vector<run_column> known_columns() {
  using run = const run_summary&;
  return {
      {"id", "ID", [](run r, time_point) { return printable(r.key.id.str()); }, 2, false, true},
      {"status", "STATUS", [](run r, time_point) { return std::string{to_string(r.status)}; },
       status_width},
      {"flow", "FLOW", [](run r, time_point) { return printable(to_string(r.flow)); }, 4, false,
       true},
      {"created", "CREATED", [](run r, time_point) { return time_text(r.created_at); }},
      {"started", "STARTED", [](run r, time_point) { return time_of(r.started_at); }},
      {"finished", "FINISHED", [](run r, time_point) { return time_of(r.finished_at); }},
      {"age", "AGE",
       [](run r, time_point now) { return duration_text((now - r.created_at).count()); },
       took_width, true},
      {"took", "TOOK", [](run r, time_point now) { return duration_text(duration_us(r, now)); },
       took_width, true},
      {"error", "ERROR",
       [](run r, time_point) { return r.error ? printable(r.error->type) : std::string{}; }, 0,
       false, true},
      {"message", "MESSAGE",
       [](run r, time_point) { return r.error ? printable(r.error->message) : std::string{}; }, 0,
       false, true},
      {"node", "NODE", [](run r, time_point) { return node_of(r); }, 0, false, true},
      {"waiting", "WAITS FOR", [](run r, time_point) { return wait_of(r); }, 0, false, true},
      {"detail", "ERROR, WAITS FOR", [](run r, time_point) { return detail_of(r); }, 0, false, true,
       true},
      {"parent", "PARENT", [](run r, time_point) { return id_of(r.parent); }, 0, false, true},
      {"restarted_from", "RESTARTED FROM",
       [](run r, time_point) { return id_of(r.restarted_from); }, 0, false, true},
  };
}

run_column attribute_column(const std::string& name) {
  const auto text = [name](const run_summary& run, time_point) {
    const auto found = run.attributes.values.find(name);
    return found == run.attributes.values.end() ? std::string{}
                                                : printable(attribute_to_text(found->second));
  };
  return {std::string{attribute_prefix} + name, printable(name), text, 0, false, true};
}

error unknown_column(std::string_view name) {
  std::vector<std::string> known;
  for (const auto& each : known_columns()) known.push_back(each.name);
  const std::vector<std::string_view> views(known.begin(), known.end());
  const auto meant = nearest(name, views);
  return {errc::invalid_argument,
          "unknown column \"" + std::string{name} + "\"" +
              (meant ? "; did you mean \"" + std::string{*meant} + "\"?" : ".") +
              " Columns: " + all_run_columns()};
}

result<run_column> column_named(std::string_view name) {
  auto known = known_columns();
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const run_column& each) { return each.name == name; });
  if (found != known.end()) return std::move(*found);
  if (!name.starts_with(attribute_prefix)) return unknown_column(name);
  const std::string attribute{name.substr(attribute_prefix.size())};
  if (const auto good = check_attribute_name(attribute); !good) return good.error();
  return attribute_column(attribute);
}

}  // namespace

result<std::vector<run_column>> parse_run_columns(std::string_view names) {
  std::vector<run_column> columns;
  while (true) {
    const auto end = std::min(names.find(','), names.size());
    const std::string_view name = names.substr(0, end);
    for (const auto& each : columns) {
      if (each.name == name)
        return error{errc::invalid_argument, "the column " + each.name + " is given twice"};
    }
    auto column = column_named(name);
    if (!column) return std::move(column).error();
    columns.push_back(*std::move(column));
    if (end == names.size()) return columns;
    names.remove_prefix(end + 1);
  }
}

std::vector<run_column> default_run_columns(bool live) {
  return parse_run_columns(live ? "id,status,flow,age,took,detail"
                                : "id,status,flow,created,took,detail")
      .value();
}

std::string all_run_columns() {
  std::string names;
  for (const auto& each : known_columns()) names += each.name + ", ";
  return names + "attr.NAME";
}

tint tint_of(run_status status) noexcept {
  switch (status) {
    case run_status::completed:
      return tint::green;
    case run_status::failed:
      return tint::red;
    case run_status::cancelled:
    case run_status::paused:
      return tint::yellow;
    case run_status::running:
      break;
  }
  return tint::cyan;
}

}  // namespace pawl::cli
