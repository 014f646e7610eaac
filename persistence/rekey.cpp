#include "persistence/rekey.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <pawl/assert.hpp>

#include "persistence/commit_durably.hpp"
#include "persistence/keys.hpp"
#include "persistence/run_scopes.hpp"
#include "persistence/store_upkeep.hpp"
#include "persistence/values/keys_in_use.hpp"
#include "persistence/values/unopened.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl::persistence {
namespace {

constexpr std::size_t max_rekeyed_operations = 1'000;
constexpr std::size_t max_rekeyed_bytes = std::size_t{4} << 20;

/// One pass over a store.
class rekeying {
 public:
  rekeying(store& of, const values::value_codec& codec, const view& stored)
      : of_(of), codec_(codec), stored_(stored), before_(of.durable_view()) {}

  result<void> rewrite(column where, const std::function<void(const rekeyed&)>& report) {
    run_scopes scopes{*before_};
    view::range left;
    while (true) {
      batch changes;
      bool is_end = true;
      std::optional<error> failure;
      const auto scanned =
          stored_.scan(where, left, [&](std::string_view key, std::string_view bytes) {
            auto done = add(where, key, bytes, scopes, changes);
            if (!done) failure = std::move(done).error();
            const bool is_full = changes.operations().size() >= max_rekeyed_operations ||
                                 changes.bytes() >= max_rekeyed_bytes;
            if (!failure && !is_full) return view::next::more;
            left.from.assign(key).push_back('\0');
            is_end = false;
            return view::next::stop;
          });
      if (!scanned) return scanned;
      if (failure) return *std::move(failure);
      if (!changes.empty())
        if (auto written = commit_durably(of_, changes); !written) return written;
      report(done_);
      if (is_end) return {};
    }
  }

  /// Lists the keys that the store needs from now on.
  result<void> finish() {
    const auto listed = values::load_keys_in_use(*of_.durable_view());
    if (!listed) return listed.error();
    std::vector<values::key_in_use> needed;
    for (const auto& key : *listed) {
      const auto writing = codec_.keys()->writing();
      const bool writes = std::any_of(writing.begin(), writing.end(),
                                      [&key](const auto* each) { return each->id == key.id; });
      if (writes || left_.contains(key.id)) needed.push_back(key);
    }
    return needed == *listed ? result<void>{} : values::replace_keys(of_, needed);
  }

  [[nodiscard]] const rekeyed& done() const noexcept { return done_; }

 private:
  result<void> add(column where, std::string_view key, std::string_view bytes, run_scopes& scopes,
                   batch& to) {
    ++done_.records;
    const auto form = values::form_of(where, bytes);
    std::string scope;
    if (where == column::checkpoints && !bytes.empty()) {
      auto found = scopes.find(key);
      if (!found) return std::move(found).error();
      scope = *std::move(found);
      // A key of a scope is only used for its runs.
      const auto* const used = form.key ? codec_.keys()->find(*form.key) : nullptr;
      if (scope.empty() && used != nullptr) scope = used->scope;
    } else if (where == column::blobs) {
      if (const auto named = keys::scope_in(key)) scope = named->str();
    }
    if (codec_.is_current(where, scope, bytes)) return {};
    const std::string_view value = codec_.from_stored({where, key}, bytes, buffer_);
    if (values::reason_of(value)) {
      ++done_.left;
      if (form.key) left_.insert(*form.key);
      return {};
    }
    ++done_.rewritten;
    done_.bytes += bytes.size();
    to.put_of(scope_name{scope}, where, std::string{key}, std::string{value});
    return {};
  }

  store& of_;
  const values::value_codec& codec_;
  const view& stored_;
  const std::shared_ptr<const view> before_;
  std::string buffer_;
  std::set<values::key_id> left_;
  rekeyed done_;
};

}  // namespace

result<rekeyed> rekey(store& of, const values::value_codec& codec,
                      const std::function<void(const rekeyed&)>& report) {
  PAWL_ASSERT(codec.keys() != nullptr && of.upkeep() != nullptr,
              "a store on disk is encrypted again with keys");
  const auto stored = of.upkeep()->stored_values();
  rekeying pass{of, codec, *stored};
  for (const column where :
       {column::flows, column::runs, column::checkpoints, column::indexes, column::blobs})
    if (auto rewritten = pass.rewrite(where, report); !rewritten)
      return std::move(rewritten).error();
  if (auto finished = pass.finish(); !finished) return std::move(finished).error();
  return pass.done();
}

}  // namespace pawl::persistence
