#include <span>

#include "flow/logic/coercion.hpp"
#include "flow/logic/lookup.hpp"
#include "flow/logic/operators/operators.hpp"
#include "flow/logic/utf8.hpp"

namespace pawl::flow::logic::op {
namespace {

// Whether a path is the whole data. An empty array is not, although its text is empty.
bool is_whole(const value& where) noexcept {
  return where.is_absent() || (where.is_text() && where.size() == 0);
}

value look_up(evaluation& run, const value& data, const value& where) {
  return is_whole(where) ? whole(run, data) : find(run, data, to_text(run, where));
}

// A variable is missing if it is absent, null or an empty string.
bool counts_as_missing(const value& found) noexcept {
  return found.is_absent() || (found.is_text() && found.size() == 0);
}

// A key that is an array is read like {"var": key}: a path and a default.
bool key_is_missing(evaluation& run, const value& data, const value& key) {
  if (!key.is_array()) return counts_as_missing(look_up(run, data, key));
  const value found = look_up(run, data, key.size() > 0 ? key[0] : value{});
  return counts_as_missing(found.is_undefined() && key.size() > 1 ? key[1] : found);
}

// Literal keys have their paths split by the compiler.
bool key_is_missing(evaluation& run, const value& data, const expression& key) {
  if (key.where != nullptr) return counts_as_missing(find(run, data, *key.where));
  return key_is_missing(run, data, run.eval(key, data));
}

value missing_of_literals(evaluation& run, const value& data, std::span<const expression> keys) {
  list_builder found{run, keys.size()};
  for (const expression& key : keys) {
    if (!run.step()) break;
    if (key_is_missing(run, data, key)) found.add(key.literal);
  }
  return found.finish();
}

value missing_of_array(evaluation& run, const value& data, const value& keys) {
  list_builder found{run, keys.size()};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!run.step()) break;
    const value key = keys[i];
    if (key_is_missing(run, data, key)) found.add(key);
  }
  return found.finish();
}

bool is_literal_array(const expression& e) noexcept {
  return e.is_literal() && e.arg_count > 0;
}

// The keys of missing_some. Like `missing`, it takes a first key that is an array as all keys.
value missing_of_options(evaluation& run, const value& data, const expression& arg,
                         const value& options) {
  if (options.is_array() && options.size() > 0 && options[0].is_array()) {
    return missing_of_array(run, data, options[0]);
  }
  if (is_literal_array(arg)) return missing_of_literals(run, data, arg.args());
  if (options.is_array()) return missing_of_array(run, data, options);
  list_builder one{run, 1};
  if (key_is_missing(run, data, options)) one.add(options);
  return one.finish();
}

// The `length` of the second argument of missing_some.
number count_of(const value& options) noexcept {
  if (options.is_array()) return number::integer(static_cast<std::int64_t>(options.size()));
  if (!options.is_text()) return number::nan();
  return number::integer(static_cast<std::int64_t>(count_characters(options.as_text())));
}

}  // namespace

value var(evaluation& run, const expression& call, const value& data) {
  value found;
  if (call.arg_count == 0) return whole(run, data);
  const expression& where = call.first_arg[0];
  if (where.where != nullptr) {
    found = find(run, data, *where.where);
    if (where.where->segments.empty()) return found;
  } else {
    const value name = run.eval(where, data);
    found = look_up(run, data, name);
    if (is_whole(name)) return found;
  }
  if (!found.is_undefined()) return found;
  const value otherwise = run.arg(call, 1, data);
  return otherwise.is_undefined() && !otherwise.is_omitted() ? value::null() : otherwise;
}

value missing(evaluation& run, const expression& call, const value& data) {
  const auto args = call.args();
  if (args.empty()) return missing_of_literals(run, data, {});
  if (is_literal_array(args[0])) return missing_of_literals(run, data, args[0].args());
  const value first = run.eval(args[0], data);
  if (first.is_array()) return missing_of_array(run, data, first);
  list_builder found{run, args.size()};
  for (const expression& arg : args) {
    const value key = run.eval(arg, data);
    const bool is_missing =
        arg.where != nullptr ? key_is_missing(run, data, arg) : key_is_missing(run, data, key);
    if (is_missing) found.add(key);
  }
  return found.finish();
}

value missing_some(evaluation& run, const expression& call, const value& data) {
  const value need = run.arg(call, 0, data);
  const value options = run.arg(call, 1, data);
  if (options.is_absent()) {
    run.fail({errc::invalid_rule,
              "evaluating a JSONLogic rule: \"missing_some\" needs the number of required keys and "
              "an array of keys",
              "invalid_arguments"});
    return {};
  }
  const value found = missing_of_options(run, data, call.first_arg[1], options);
  const number there =
      subtract(count_of(options), number::integer(static_cast<std::int64_t>(found.size())));
  const bool enough = order(run, value::of(there), need) >= 0;
  return enough ? list_builder{run, 0}.finish() : found;
}

}  // namespace pawl::flow::logic::op
