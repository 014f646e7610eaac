#include "persistence/run_index.hpp"

#include <algorithm>
#include <utility>

#include <pawl/detail/fnv1a.hpp>

#include "persistence/keys.hpp"
#include "persistence/runs.hpp"

namespace pawl::persistence {
namespace {

/// The terms of what a run waits for, each once, ascending.
std::vector<std::uint64_t> wait_terms(const std::vector<run_wait>& waits) {
  std::vector<std::uint64_t> terms;
  for (const auto& wait : waits)
    if (const auto term = wait_term(wait.kind, wait.name)) terms.push_back(*term);
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

/// The keys of what can change, ascending.
std::vector<std::string> term_keys(const run_key& run, time_point created, const run_terms& of) {
  std::vector<std::string> found;
  if (of.finished_at) found.push_back(keys::finished_run(run, *of.finished_at));
  if (of.error) found.push_back(keys::run_with_term(run, error_term(*of.error), created));
  for (const auto term : wait_terms(of.waits))
    found.push_back(keys::run_with_term(run, term, created));
  for (const auto& [name, value] : of.attributes->values)
    found.push_back(keys::run_with_attribute(run, name, value, created));
  std::sort(found.begin(), found.end());
  return found;
}

std::string flow_key(const run_key& run, const flow_name& flow, time_point created) {
  return keys::run_with_term(run, flow_term(flow.str()), created);
}

}  // namespace

run_terms terms_of(const run_summary& listed) {
  run_terms terms{listed.finished_at, {}, listed.waits, flow::shared_attributes{listed.attributes}};
  if (listed.error) terms.error = listed.error->type;
  return terms;
}

std::uint64_t flow_term(std::string_view name) noexcept {
  return pawl::detail::fnv1a(name, pawl::detail::fnv1a("flow="));
}

std::uint64_t error_term(std::string_view type) noexcept {
  return pawl::detail::fnv1a(type, pawl::detail::fnv1a("error="));
}

std::optional<std::uint64_t> wait_term(std::string_view kind, std::string_view name) {
  if (kind == "answer") return pawl::detail::fnv1a("waiting=answer");
  if (kind != "signal") return std::nullopt;
  return pawl::detail::fnv1a(name, pawl::detail::fnv1a("waiting=signal:"));
}

void index_flow(batch& to, const run_key& run, const flow_name& flow, time_point created) {
  to.put(column::indexes, flow_key(run, flow, created), {});
}

void index_terms(batch& to, const run_key& run, time_point created, const run_terms& before,
                 const run_terms& after) {
  auto old_keys = term_keys(run, created, before);
  auto new_keys = term_keys(run, created, after);
  const auto is_in = [](const std::vector<std::string>& list, const std::string& key) {
    return std::binary_search(list.begin(), list.end(), key);
  };
  for (auto& key : old_keys)
    if (!is_in(new_keys, key)) to.erase(column::indexes, key);
  for (auto& key : new_keys)
    if (!is_in(old_keys, key)) to.put(column::indexes, key, {});
}

std::vector<std::string> index_keys(const run_summary& listed, bool runnable) {
  auto all = term_keys(listed.key, listed.created_at, terms_of(listed));
  all.push_back(flow_key(listed.key, listed.flow.name, listed.created_at));
  all.push_back(keys::listed_run(listed.key, listed.status, runnable, listed.created_at));
  return all;
}

result<std::optional<listed_run>> load_listed(const view& from, const run_key& run) {
  auto record = load_record(from, run);
  if (!record) return std::move(record).error();
  if (!*record) return std::optional<listed_run>{};
  const run_summary& summary = (*record)->summary;
  for (const bool runnable : {false, true}) {
    const auto entry = from.get(
        column::indexes, keys::listed_run(run, summary.status, runnable, summary.created_at));
    if (!entry) return entry.error();
    if (!*entry) continue;
    auto decoded = decode_run(**entry);
    if (!decoded) return std::move(decoded).error();
    return std::optional{listed_run{*std::move(decoded), runnable}};
  }
  return error{errc::corrupt, "run " + run.id.str() + " in scope " + run.scope.str() +
                                  ": its entry in the index is missing"};
}

}  // namespace pawl::persistence
