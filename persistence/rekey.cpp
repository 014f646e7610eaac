#include "persistence/rekey.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <pawl/assert.hpp>

#include "persistence/codec.hpp"
#include "persistence/commit_durably.hpp"
#include "persistence/keys.hpp"
#include "persistence/store_upkeep.hpp"
#include "persistence/values/keys_in_use.hpp"
#include "persistence/values/unopened.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl::persistence {
namespace {

constexpr std::size_t max_rekeyed_operations = 1'000;
constexpr std::size_t max_rekeyed_bytes = std::size_t{4} << 20;

/// The scopes of the records in `column::checkpoints`, whose keys have only the hash of a run.
class scopes_of_runs {
 public:
  scopes_of_runs(const view& from, const values::key_ring& keys) : from_(from), keys_(keys) {}

  /// The scope of the run whose record has this key and is encrypted with `key`.
  result<std::string> find(std::string_view record, std::optional<values::key_id> key) {
    const std::string_view hash = record.substr(0, keys::run_hash_bytes);
    if (hash == hash_) return scope_;  // the records of a run follow each other
    auto scope = read(hash);
    if (!scope) return std::move(scope).error();
    hash_.assign(hash);
    scope_ = *std::move(scope);
    if (!scope_.empty()) return scope_;
    // Neither can be read. A key of a scope is only used for its runs.
    const auto* const used = key ? keys_.find(*key) : nullptr;
    hash_.clear();
    return used == nullptr ? std::string{} : used->scope;
  }

 private:
  /// From the input of the run or its state; empty: both are damaged or missing.
  result<std::string> read(std::string_view hash) const {
    const auto input = from_.get(column::checkpoints, keys::input(hash));
    if (!input) return input.error();
    if (*input)
      if (const auto decoded = decode_input(**input)) return decoded->key.scope.str();
    const auto state = from_.get(column::checkpoints, keys::state(hash));
    if (!state) return state.error();
    if (*state)
      if (const auto decoded = decode_state(**state)) return decoded->key.scope.str();
    return std::string{};
  }

  const view& from_;
  const values::key_ring& keys_;
  std::string hash_, scope_;
};

/// One pass over a store.
class rekeying {
 public:
  rekeying(store& of, const values::value_codec& codec, const view& stored)
      : of_(of), codec_(codec), stored_(stored), before_(of.durable_view()) {}

  result<void> rewrite(column where, const std::function<void(const rekeyed&)>& report) {
    scopes_of_runs scopes{*before_, *codec_.keys()};
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
  result<void> add(column where, std::string_view key, std::string_view bytes,
                   scopes_of_runs& scopes, batch& to) {
    ++done_.records;
    const auto form = values::form_of(where, bytes);
    std::string scope;
    if (where == column::checkpoints && !bytes.empty()) {
      auto found = scopes.find(key, form.key);
      if (!found) return std::move(found).error();
      scope = *std::move(found);
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
