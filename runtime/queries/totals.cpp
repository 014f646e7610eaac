#include "runtime/queries/totals.hpp"

#include "persistence/keys.hpp"

namespace pawl {

result<engine_totals> totals_of(const persistence::view& now) {
  using persistence::column, persistence::view;
  namespace keys = persistence::keys;
  engine_totals all;
  for (const auto status : all_run_statuses) all.runs.push_back({status, 0});
  const auto sum_of = [](std::string_view bytes) {
    return static_cast<std::uint64_t>(persistence::decode_counter(bytes).value_or(0));
  };
  const auto count_runs = [&](std::string_view key, std::string_view bytes) {
    const auto status = keys::counted_status(key);
    for (auto& each : all.runs)
      if (each.status == status) each.count += sum_of(bytes);
    return view::next::more;
  };
  const auto count_queued = [&](std::string_view, std::string_view bytes) {
    all.tasks_queued += sum_of(bytes);
    return view::next::more;
  };
  const auto count_leased = [&](std::string_view, std::string_view) {
    ++all.tasks_leased;
    return view::next::more;
  };
  auto scanned = now.scan(column::counters, keys::run_counts(), count_runs);
  if (scanned) scanned = now.scan(column::counters, keys::queued_counts(), count_queued);
  if (scanned) scanned = now.scan(column::indexes, keys::all_leased(), count_leased);
  if (!scanned) return scanned.error();
  return all;
}

}  // namespace pawl
