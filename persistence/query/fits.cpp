#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "persistence/query/run_query.hpp"

namespace pawl::persistence {
namespace {

template <class T>
bool compares(const T& have, comparison how, const T& given) {
  switch (how) {
    case comparison::equal:
    case comparison::not_equal:
      return have == given;
    case comparison::less:
      return have < given;
    case comparison::at_most:
      return have <= given;
    case comparison::greater:
      return have > given;
    case comparison::at_least:
      return have >= given;
    case comparison::prefix:
      break;
  }
  return false;
}

bool fits_text(std::string_view have, comparison how, const term_value& value) {
  const auto& given = std::get<std::string>(value);
  return how == comparison::prefix ? have.starts_with(given) : have == given;
}

bool fits_flow(const flow_version_id& have, comparison how, const term_value& value) {
  const auto& given = std::get<flow_pattern>(value);
  if (how == comparison::prefix) return have.name.str().starts_with(given.name);
  return have.name.str() == given.name && (!given.version || *given.version == have.version);
}

bool fits_wait(const run_summary& run, const term_value& value) {
  const auto& given = std::get<wait_pattern>(value);
  return std::any_of(run.waits.begin(), run.waits.end(), [&](const run_wait& wait) {
    return wait.kind == given.kind && (given.name.empty() || wait.name == given.name);
  });
}

/// The node at which it failed, or one at which it waits.
bool fits_node(const run_summary& run, comparison how, const term_value& value) {
  if (run.error && fits_text(run.error->node, how, value)) return true;
  return std::any_of(run.waits.begin(), run.waits.end(),
                     [&](const run_wait& wait) { return fits_text(wait.node, how, value); });
}

/// Values of different types do not fit.
bool fits_attribute(const run_summary& run, const run_term& term, const term_value& value) {
  const auto found = run.attributes.values.find(term.attribute);
  if (found == run.attributes.values.end()) return false;
  const attribute_value& have = found->second;
  if (const auto* const text = std::get_if<std::string>(&have))
    return std::holds_alternative<std::string>(value) && fits_text(*text, term.how, value);
  const auto compare = [&](const auto* mine) {
    const auto* const given = std::get_if<std::decay_t<decltype(*mine)>>(&value);
    return mine != nullptr && given != nullptr && compares(*mine, term.how, *given);
  };
  return compare(std::get_if<double>(&have)) || compare(std::get_if<time_point>(&have)) ||
         compare(std::get_if<bool>(&have));
}

/// Whether the field of a run and a value fit, apart from negation.
bool fits_value(const run_summary& run, const run_term& term, const term_value& value) {
  const comparison how = term.how;
  switch (term.field) {
    case run_field::id:
      return fits_text(run.key.id.str(), how, value);
    case run_field::status:
      return run.status == std::get<run_status>(value);
    case run_field::flow:
      return fits_flow(run.flow, how, value);
    case run_field::version:
      return compares(run.flow.version, how, std::get<pawl::version>(value));
    case run_field::parent:
      return run.parent && fits_text(run.parent->str(), how, value);
    case run_field::error:
      return run.error && fits_text(run.error->type, how, value);
    case run_field::node:
      return fits_node(run, how, value);
    case run_field::waiting:
      return fits_wait(run, value);
    case run_field::started:
      return compares(run.created_at, how, std::get<time_point>(value));
    case run_field::finished:
      return run.finished_at && compares(*run.finished_at, how, std::get<time_point>(value));
    case run_field::attribute:
      return fits_attribute(run, term, value);
  }
  return false;
}

}  // namespace

bool fits(const run_summary& run, const run_term& term) {
  const bool one_fits =
      std::any_of(term.values.begin(), term.values.end(),
                  [&](const term_value& value) { return fits_value(run, term, value); });
  return one_fits != (term.how == comparison::not_equal);
}

bool fits(const run_summary& run, const run_query& query) {
  return std::all_of(query.terms.begin(), query.terms.end(),
                     [&](const run_term& term) { return fits(run, term); });
}

bool run_query::allows(run_status status) const {
  run_summary run;
  run.status = status;
  return std::all_of(terms.begin(), terms.end(), [&](const run_term& term) {
    return term.field != run_field::status || fits(run, term);
  });
}

}  // namespace pawl::persistence
