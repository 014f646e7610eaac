#include "persistence/due_runs.hpp"

#include <utility>

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"

namespace pawl::persistence {
namespace {

/// One list of the index: the runs of a scope with a status.
struct listing {
  run_status status;
  scope_name scope;

  [[nodiscard]] view::range keys() const { return keys::listed_runs(scope, status, false); }
};

std::optional<listing> listing_of(std::string_view key) {
  const auto status = keys::listed_status(key);
  const auto run = status ? keys::run_of(key) : std::nullopt;
  if (!run) return std::nullopt;
  return listing{*status, run->scope};
}

/// Reads pages of due runs.
class due_search {
 public:
  due_search(const view& from, const due_runs::rule& wanted, due_runs::limits most)
      : from_(from), wanted_(wanted), most_(most) {}

  result<due_runs::page> run(const std::string& after) {
    auto current = after.empty() ? next_listing(keys::other_runs().from)
                                 : result<std::optional<listing>>{listing_of(after)};
    if (!current) return std::move(current).error();
    std::string before = after;
    while (*current) {
      const view::range all = (*current)->keys();
      if (is_wanted(**current)) {
        if (auto read = read_listing(**current, {all.from, before.empty() ? all.to : before});
            !read)
          return std::move(read).error();
        if (!page_.next.empty()) break;
      }
      before.clear();
      current = next_listing(all.to);
      if (!current) return std::move(current).error();
    }
    return std::move(page_);
  }

 private:
  [[nodiscard]] bool is_wanted(const listing& which) const {
    return wanted_.before(which.status) && (!wanted_.scope || *wanted_.scope == which.scope);
  }

  /// The first list at or after a key.
  [[nodiscard]] result<std::optional<listing>> next_listing(std::string key) const {
    std::optional<listing> found;
    const auto scanned = from_.scan(column::indexes, {std::move(key), keys::other_runs().to},
                                    [&](std::string_view at, std::string_view) {
                                      found = listing_of(at);
                                      return view::next::stop;
                                    });
    if (!scanned) return scanned.error();
    return found;
  }

  /// Reads a list from its end, the oldest run, until the page is full or no older run can be due.
  result<void> read_listing(const listing& which, view::range left) {
    const time_point ended_before = *wanted_.before(which.status);
    std::optional<error> failure;
    const auto visit = [&](std::string_view key, std::string_view bytes) {
      if (page_.runs.size() >= most_.runs || examined_ >= most_.examined) {
        page_.next = last_;
        return view::next::stop;
      }
      ++examined_;
      last_.assign(key);
      auto record = decode_run(bytes);
      if (!record) {
        ++page_.damaged;
        return view::next::more;
      }
      run_summary& run = record->summary;
      if (run.created_at >= ended_before) return view::next::stop;
      if (!run.finished_at || *run.finished_at >= ended_before) return view::next::more;
      const auto goes_with_parent = has_parent(run);
      if (!goes_with_parent) {
        failure = goes_with_parent.error();
        return view::next::stop;
      }
      if (!*goes_with_parent) page_.runs.push_back(std::move(run));
      return view::next::more;
    };
    left.reverse = true;
    const auto scanned = from_.scan(column::indexes, left, visit);
    if (!scanned) return scanned;
    if (failure) return *failure;
    return {};
  }

  [[nodiscard]] result<bool> has_parent(const run_summary& run) const {
    if (!run.parent) return false;
    const auto parent = from_.get(column::runs, keys::run({run.key.scope, *run.parent}));
    if (!parent) return parent.error();
    return parent->has_value();
  }

  const view& from_;
  const due_runs::rule& wanted_;
  const due_runs::limits most_;
  due_runs::page page_;
  std::size_t examined_ = 0;
  std::string last_;  ///< the key that was examined last
};

}  // namespace

const std::optional<time_point>& due_runs::rule::before(run_status status) const noexcept {
  static const std::optional<time_point> never;
  switch (status) {
    case run_status::completed:
      return completed_before;
    case run_status::failed:
      return failed_before;
    case run_status::cancelled:
      return cancelled_before;
    case run_status::running:
    case run_status::paused:
      break;
  }
  return never;
}

due_runs::rule due_runs::rule_of(const retention_settings& kept, time_point now) {
  const auto before = [now](std::chrono::milliseconds age) {
    return age.count() == 0 ? std::nullopt : std::optional{now - age};
  };
  return {
      before(kept.completed_for_ms), before(kept.failed_for_ms), before(kept.cancelled_for_ms), {}};
}

result<due_runs::page> due_runs::find(const view& from, const rule& wanted,
                                      const std::string& after, limits most) {
  return due_search{from, wanted, most}.run(after);
}

}  // namespace pawl::persistence
