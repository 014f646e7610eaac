#include "persistence/store_sizes.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "persistence/codec.hpp"
#include "persistence/key_kinds.hpp"
#include "persistence/keys.hpp"

namespace pawl::persistence {
namespace {

constexpr std::uint64_t records_between_reports = 8192;

/// The scope and the flow that records belong to.
using record_owner = std::pair<std::string, std::string>;

class store_measure {
 public:
  explicit store_measure(const size_progress& progress) : progress_(progress) {}

  void add(column where, std::string_view key, std::string_view value) {
    const record_sum one{1, key.size() + value.size()};
    const key_description known = describe_key(where, key);
    kinds_[{where, known.kind}].add(one);
    all_.add(one);
    if (where == column::checkpoints) {
      add_record_of_run(key, value, one);
    } else {
      owners_[owner_of(where, known, value)].add(one);
    }
    if (progress_ && all_.records % records_between_reports == 0) progress_(all_);
  }

  [[nodiscard]] store_sizes take() {
    end_run();
    store_sizes made{all_, {}, {}};
    for (const auto& [which, sum] : kinds_)
      made.kinds.push_back({which.first, std::string{which.second}, sum});
    for (const auto& [whose, sum] : owners_) made.flows.push_back({whose.first, whose.second, sum});
    std::stable_sort(made.kinds.begin(), made.kinds.end(), [](const auto& a, const auto& b) {
      return std::tuple{a.where, b.sum.bytes} < std::tuple{b.where, a.sum.bytes};
    });
    std::stable_sort(made.flows.begin(), made.flows.end(), [](const auto& a, const auto& b) {
      return a.scope != b.scope ? a.scope < b.scope : a.sum.bytes > b.sum.bytes;
    });
    return made;
  }

 private:
  /// The keys of a run's records have only its hash; its input names it, and comes early.
  void add_record_of_run(std::string_view key, std::string_view value, const record_sum& one) {
    const auto hash = key.substr(0, std::min(key.size(), keys::run_hash_bytes));
    if (hash != run_hash_) {
      end_run();
      run_hash_ = hash;
    }
    run_.add(one);
    if (!keys::is_input(key)) return;
    if (const auto input = decode_input(value))
      run_owner_ = {input->key.scope.str(), input->flow.name.str()};
  }

  void end_run() {
    if (run_.records > 0) owners_[std::exchange(run_owner_, {})].add(std::exchange(run_, {}));
  }

  [[nodiscard]] static record_owner owner_of(column where, const key_description& known,
                                             std::string_view value) {
    record_owner whose{known.scope, known.flow};
    const bool has_run = where == column::runs || known.kind == "runs by status";
    if (has_run && where != column::counters)
      if (const auto run = decode_run(value)) whose.second = run->summary.flow.name.str();
    return whose;
  }

  const size_progress& progress_;
  record_sum all_;
  std::map<std::pair<column, std::string_view>, record_sum> kinds_;
  std::map<record_owner, record_sum> owners_;
  std::string run_hash_;
  record_sum run_;          ///< of the run whose records are being read
  record_owner run_owner_;  ///< likewise
};

}  // namespace

result<store_sizes> measure_contents(const view& of, const size_progress& progress) {
  store_measure measured{progress};
  for (const column where : all_columns) {
    const auto scanned = of.scan(where, {}, [&](std::string_view key, std::string_view value) {
      measured.add(where, key, value);
      return view::next::more;
    });
    if (!scanned) return scanned.error();
  }
  return measured.take();
}

}  // namespace pawl::persistence
