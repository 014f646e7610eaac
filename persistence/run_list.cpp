#include "persistence/run_list.hpp"

#include <utility>

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"

namespace pawl::persistence {
namespace {

/// Entries that are read of a list at once.
constexpr std::size_t chunk = 64;

}  // namespace

run_list::run_list(const view& from, const scope_name& in, std::optional<run_status> status,
                   std::string_view after)
    : from_(from) {
  for (const auto each : all_run_statuses) {
    if (status && *status != each) continue;
    for (const bool runnable : {false, true}) {
      view::range all = keys::listed_runs(in, each, runnable);
      if (!after.empty()) all.from.append(after).append(1, '\0');
      if (all.from < all.to) sources_.push_back({std::move(all), {}, false});
    }
  }
}

result<void> run_list::read(source& from) const {
  std::optional<error> failure;
  std::size_t visited = 0;
  const auto scanned =
      from_.scan(column::indexes, from.left, [&](std::string_view key, std::string_view bytes) {
        if (visited++ == chunk) return view::next::stop;
        auto record = decode_run(bytes);
        if (!record) {
          failure = std::move(record).error();
          return view::next::stop;
        }
        from.read.push_back(
            {std::string{keys::order_of(key)}, std::move(record->summary), bytes.size()});
        from.left.from.assign(key).append(1, '\0');
        return view::next::more;
      });
  if (!scanned) return scanned;
  if (failure) return *failure;
  from.is_read_to_end = visited <= chunk;
  return {};
}

result<std::optional<run_list::entry>> run_list::next() {
  source* newest = nullptr;
  for (auto& each : sources_) {
    if (each.read.empty() && !each.is_read_to_end)
      if (auto done = read(each); !done) return std::move(done).error();
    if (each.read.empty()) continue;
    if (newest == nullptr || each.read.front().order < newest->read.front().order) newest = &each;
  }
  if (newest == nullptr) return std::optional<entry>{};
  std::optional<entry> found = std::move(newest->read.front());
  newest->read.pop_front();
  return found;
}

}  // namespace pawl::persistence
