#include "persistence/query/run_finder.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/query/attribute_lists.hpp"
#include "persistence/run_index.hpp"
#include "persistence/runs.hpp"

namespace pawl::persistence {
namespace {

/// The prefix of a list by status.
std::string status_prefix(const scope_name& in, run_status status, bool runnable) {
  return keys::listed_runs(in, status, runnable).from;
}

/// The terms of the index for the values of a condition; none if a value has no term.
std::optional<std::vector<std::uint64_t>> index_terms_of(const run_term& term) {
  if (term.how != comparison::equal) return std::nullopt;
  std::vector<std::uint64_t> terms;
  for (const auto& value : term.values) {
    std::optional<std::uint64_t> one;
    if (const auto* const flow = std::get_if<flow_pattern>(&value)) one = flow_term(flow->name);
    if (term.field == run_field::error) one = error_term(std::get<std::string>(value));
    if (const auto* const wait = std::get_if<wait_pattern>(&value))
      if (wait->kind != "signal" || !wait->name.empty()) one = wait_term(wait->kind, wait->name);
    if (!one) return std::nullopt;
    if (std::find(terms.begin(), terms.end(), *one) == terms.end()) terms.push_back(*one);
  }
  return terms;
}

/// A run that has ended waits for nothing, even if its entry still says so (quarantine.hpp).
run_summary shown(run_summary run) {
  if (is_finished(run.status)) run.waits.clear();
  return run;
}

}  // namespace

result<run_finder> run_finder::make(const view& from, const scope_name& in, const run_query& query,
                                    run_sorting sorting, list_place begin) {
  // Once in a search: a later page must not be refused because a run was deleted.
  if (begin.order.empty())
    if (auto good = check_attribute_types({&from, &in, &query}); !good)
      return std::move(good).error();
  run_finder made{from, in, query, std::move(sorting), std::move(begin)};
  if (auto chosen = made.choose_lists(); !chosen) return std::move(chosen).error();
  return made;
}

run_finder::run_finder(const view& from, scope_name in, const run_query& query, run_sorting sorting,
                       list_place begin)
    : from_(&from),
      in_(std::move(in)),
      query_(query),
      sorting_(std::move(sorting)),
      reverse_(is_reverse(sorting_.order)),
      place_(std::move(begin)) {}

/// Limits the lists to the times that the conditions on a field allow. Later is earlier in a list.
void run_finder::limit_by(run_field field) {
  for (const auto& term : query_.terms) {
    if (term.field != field) continue;
    const auto time = std::get<time_point>(term.values.front());
    constexpr std::chrono::microseconds next{1};
    if (term.how == comparison::greater || term.how == comparison::at_least) {
      const auto before = term.how == comparison::greater ? time : time - next;
      if (before < time_point{}) continue;
      const std::string to = keys::order_at(before);
      if (limits_.to.empty() || to < limits_.to) limits_.to = to;
    } else {
      const auto most = term.how == comparison::less ? time - next : time;
      limits_.from = std::max(limits_.from, keys::order_at(std::max(most, time_point{})));
    }
  }
}

void run_finder::add_lists(const char* name, const std::vector<std::uint64_t>& terms) {
  merged_lists all{reverse_};
  for (const auto term : terms)
    all.add({*from_, keys::runs_with_term(in_, term), limits_, reverse_});
  lists_.push_back(std::move(all));
  index_ += (index_.empty() ? "" : ", ") + std::string{name};
}

void run_finder::add_status_lists() {
  const bool waits = std::any_of(query_.terms.begin(), query_.terms.end(), [](const auto& term) {
    return term.field == run_field::waiting && term.how == comparison::equal;
  });
  merged_lists all{reverse_};
  const auto is_wanted = [&](run_status status) {
    return query_.allows(status) && !(waits && is_finished(status));
  };
  // Runs leave the lists of those that go on, and stay in the others: see merged_lists.
  for (const bool finished : {true, false})
    for (const bool runnable : {false, true})
      for (const auto status : all_run_statuses)
        if (is_finished(status) == finished && is_wanted(status))
          all.add({*from_, status_prefix(in_, status, runnable), limits_, reverse_});
  const bool has_all =
      std::all_of(std::begin(all_run_statuses), std::end(all_run_statuses), is_wanted);
  with_records_ = lists_.size();
  lists_.push_back(std::move(all));
  index_ += (index_.empty() ? "" : ", ") + std::string{has_all ? "all runs" : "status"};
}

result<void> run_finder::add_attributes() {
  for (const auto& term : query_.terms) {
    if (term.field != run_field::attribute) continue;
    auto found = attribute_lists({from_, &in_, &query_, limits_, reverse_}, term);
    if (!found) return std::move(found).error();
    if (!*found) {
      if (term.how != comparison::not_equal) unsorted_attribute_ = term.attribute;
      continue;
    }
    lists_.push_back(**std::move(found));
    index_ += (index_.empty() ? "" : ", ") + ("attr." + term.attribute);
  }
  return {};
}

/// Where a run is in the lists of the order; none if it is in none.
std::optional<std::string> run_finder::place_of(const run_summary& run) const {
  if (is_by_attribute(sorting_.order)) {
    const auto found = run.attributes.values.find(sorting_.attribute);
    if (found == run.attributes.values.end()) return std::nullopt;
    return keys::run_with_attribute(run.key, found->first, found->second, run.created_at)
        .substr(keys::runs_by_attribute(in_, found->first).size());
  }
  if (is_by_end(sorting_.order) && !run.finished_at) return std::nullopt;
  return keys::order_at(is_by_end(sorting_.order) ? *run.finished_at : run.created_at) +
         run.key.id.str() + '\0';
}

/// The run at a place of the lists; none for bytes that are no place.
std::optional<run_id> run_finder::run_at(std::string_view order) const {
  return keys::run_in_order(is_by_attribute(sorting_.order) ? keys::order_after_type(order)
                                                            : order);
}

/// A list of the runs with some ids, whose records are read now.
result<void> run_finder::add_ids(const run_term& term) {
  std::vector<std::string> orders;
  for (const auto& value : term.values) {
    const run_key key{in_, run_id{std::get<std::string>(value)}};
    ++records_read_;
    const auto record = load_record(*from_, key);
    if (!record) return record.error();
    if (!*record) continue;
    if (auto place = place_of((*record)->summary)) orders.push_back(*std::move(place));
  }
  std::sort(orders.begin(), orders.end());
  orders.erase(std::unique(orders.begin(), orders.end()), orders.end());
  if (reverse_) std::reverse(orders.begin(), orders.end());
  merged_lists all{reverse_};
  all.add({*from_, std::move(orders), reverse_});
  lists_.push_back(std::move(all));
  index_ = "id";
  return {};
}

result<void> run_finder::choose_lists() {
  for (const auto& term : query_.terms)
    if (term.field == run_field::id && term.how == comparison::equal) return add_ids(term);
  if (is_by_attribute(sorting_.order)) {
    lists_.push_back(list_by_attribute({from_, &in_, &query_, {}, reverse_}, sorting_.attribute));
    index_ = "attr." + sorting_.attribute;
    return {};
  }
  limit_by(is_by_end(sorting_.order) ? run_field::finished : run_field::started);
  if (is_by_end(sorting_.order)) {
    merged_lists all{reverse_};
    all.add({*from_, keys::finished_runs(in_), limits_, reverse_});
    lists_.push_back(std::move(all));
    index_ = "finished";
    return {};
  }
  if (auto added = add_attributes(); !added) return added;
  bool has_few = !lists_.empty();  // a list that is short, or needs no other one
  bool has_flow = false;
  for (const auto& term : query_.terms) {
    const auto terms = index_terms_of(term);
    if (!terms) continue;
    has_flow = has_flow || term.field == run_field::flow;
    has_few = has_few || term.field != run_field::flow;
    add_lists(term.field == run_field::flow    ? "flow"
              : term.field == run_field::error ? "error"
                                               : "waiting",
              *terms);
  }
  const bool any_status = std::all_of(std::begin(all_run_statuses), std::end(all_run_statuses),
                                      [&](run_status status) { return query_.allows(status); });
  if (!has_few && !(has_flow && any_status)) add_status_lists();
  if (has_few || has_flow) unsorted_attribute_.reset();
  return {};
}

void run_finder::read_only_keys() {
  only_keys_ = is_by_attribute(sorting_.order) && places_decide(query_, sorting_.attribute);
}

std::uint64_t run_finder::keys_read() const noexcept {
  std::uint64_t sum = records_read_;
  for (const auto& each : lists_) sum += each.keys_read();
  return sum;
}

result<run_finder::step> run_finder::next() {
  step made;
  const list_entry* found = nullptr;
  list_place candidate = place_;
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    const auto entry = lists_[i].at(candidate);
    if (!entry) return entry.error();
    if (*entry == nullptr) {
      made.at_end = true;
      return made;
    }
    made.bytes += (*entry)->order.size() + (*entry)->value.size();
    if (i > 0 && (*entry)->order != candidate.order) {  // the lists before this one lack it
      place_ = {(*entry)->order, false};
      return made;
    }
    candidate = {(*entry)->order, false};
    if (i == 0 || with_records_ == i) found = *entry;
  }
  if (auto loaded = load(*found, made); !loaded) return std::move(loaded).error();
  place_ = {candidate.order, true};
  if (made.run && !only_keys_ && !fits(*made.run, query_)) made.run.reset();
  return made;
}

result<void> run_finder::load(const list_entry& entry, step& into) {
  const auto damaged = [&](error why) -> result<void> {
    if (why.code != errc::corrupt) return why;
    const auto id = run_at(entry.order);
    why.message = "run " + (id ? id->str() : "?") + ": " + why.message;
    into.damage = std::move(why);
    return {};
  };
  if (with_records_) {
    auto record = decode_run(entry.value);
    if (!record) return damaged(std::move(record).error());
    into.run = shown(std::move(record->summary));
    return {};
  }
  const auto id = run_at(entry.order);
  if (!id) return damaged({errc::corrupt, "an entry of the index does not name a run"});
  if (only_keys_) {
    into.run.emplace().key = {in_, *id};
    return {};
  }
  ++records_read_;
  auto record = load_record(*from_, {in_, *id});
  if (!record) return damaged(std::move(record).error());
  if (!*record) return {};
  if (is_finished((*record)->summary.status)) {
    into.run = shown(std::move((*record)->summary));
    return {};
  }
  records_read_ += 2;
  auto listed = load_listed(*from_, {in_, *id});
  if (!listed) return damaged(std::move(listed).error());
  if (*listed) into.run = shown(std::move((*listed)->record.summary));
  return {};
}

}  // namespace pawl::persistence
