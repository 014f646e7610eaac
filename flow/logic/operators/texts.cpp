// join, split, lower, upper, trim, replace, starts_with, ends_with, pad. Characters are code
// points.

#include <algorithm>
#include <string>
#include <vector>

#include "flow/logic/coercion.hpp"
#include "flow/logic/json_writer.hpp"
#include "flow/logic/letter_case.hpp"
#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"
#include "flow/logic/text_search.hpp"
#include "flow/logic/utf8.hpp"

namespace pawl::flow::logic::op {
namespace {

// Applies `change` to argument 0, which must be a text; null stays null.
template <class Change>
value changed(evaluation& run, const expression& call, const value& data, Change change) {
  const value given = run.arg(call, 0, data);
  if (given.is_absent()) return value::null();
  if (!given.is_text()) return wrong_type(run, call, "a text", given);
  if (!run.read(given.size())) return {};
  return change(given.as_text());
}

value in_case(evaluation& run, std::string_view text, letter_case wanted) {
  if (!run.step(1 + text.size() / 8) || !run.take(text.size())) return {};
  return made_text(run, with_case(text, wanted));
}

bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Whether a text begins or ends with any of the given texts.
template <class Fits>
value fits(evaluation& run, const expression& call, const value& data, Fits has) {
  return changed(run, call, data, [&](std::string_view text) {
    for (std::size_t i = 1; i < call.arg_count; ++i) {
      const auto part = text_argument(run, call, i, data);
      if (!part || !run.read(part->size())) return value{};
      if (has(text, *part)) return value::boolean(true);
    }
    return value::boolean(false);
  });
}

// The characters of a text, one by one.
value characters_of(evaluation& run, std::string_view text) {
  const std::size_t most = count_characters(text) + 1;
  if (!run.step(most)) return {};
  list_builder made{run, most};
  while (!text.empty()) {
    const std::string_view one = first_character(text);
    made.add(value::text(one));
    text.remove_prefix(one.size());
  }
  return made.finish();
}

}  // namespace

value join(evaluation& run, const expression& call, const value& data) {
  const value items = run.arg(call, 0, data);
  if (items.is_absent()) return value::null();
  if (!items.is_array()) return wrong_type(run, call, "an array", items);
  const auto separator = text_argument(run, call, 1, data, "");
  if (!separator) return {};
  text_builder made{run};
  for (std::size_t i = 0; i < items.size() && run.step(); ++i) {
    const value item = items[i];
    if (!item.is_scalar()) return wrong_type(run, call, "an array of scalars", item);
    if (i > 0) made.add(*separator);
    made.add_joined(item);
  }
  return run.failed() ? value{} : value::text(made.finish());
}

// The parts between separators; the last of at most `limit` parts is the rest.
value split(evaluation& run, const expression& call, const value& data) {
  return changed(run, call, data, [&](std::string_view text) -> value {
    const auto separator = text_argument(run, call, 1, data);
    if (!separator) return {};
    std::int64_t limit = 0;
    if (call.arg_count > 2) {
      const auto given = whole_argument(run, call, 2, data);
      if (!given) return {};
      if (*given < 1) return refuse(run, call, "invalid_arguments", "takes a limit of at least 1");
      limit = *given;
    }
    if (separator->empty()) {
      if (limit > 0)
        return refuse(run, call, "invalid_arguments", "takes a separator with a limit");
      return characters_of(run, text);
    }
    std::vector<std::string_view> parts;
    while (run.step() && run.take(sizeof(value))) {
      const bool is_last = limit > 0 && static_cast<std::int64_t>(parts.size()) + 1 == limit;
      // What was read before is not read again.
      const auto end = is_last ? std::nullopt : next_part(run, text, *separator);
      parts.push_back(text.substr(0, end.value_or(text.size())));
      if (!end) break;
      text.remove_prefix(*end + separator->size());
    }
    list_builder made{run, parts.size()};
    for (const std::string_view part : parts) made.add(value::text(part));
    return made.finish();
  });
}

value lower(evaluation& run, const expression& call, const value& data) {
  return changed(run, call, data,
                 [&](std::string_view text) { return in_case(run, text, letter_case::lower); });
}

value upper(evaluation& run, const expression& call, const value& data) {
  return changed(run, call, data,
                 [&](std::string_view text) { return in_case(run, text, letter_case::upper); });
}

value trim(evaluation& run, const expression& call, const value& data) {
  return changed(run, call, data, [](std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return value::text(text);
  });
}

// All occurrences, from left to right.
value replace(evaluation& run, const expression& call, const value& data) {
  return changed(run, call, data, [&](std::string_view text) -> value {
    const auto from = text_argument(run, call, 1, data);
    if (!from) return {};
    const auto to = text_argument(run, call, 2, data);
    if (!to) return {};
    if (from->empty()) return refuse(run, call, "invalid_arguments", "takes a text to replace");
    text_builder made{run};
    while (run.step()) {
      const auto found = next_part(run, text, *from);
      made.add(text.substr(0, found.value_or(text.size())));
      if (!found) break;
      made.add(*to);
      text.remove_prefix(*found + from->size());
    }
    return run.failed() ? value{} : value::text(made.finish());
  });
}

value starts_with(evaluation& run, const expression& call, const value& data) {
  return fits(run, call, data,
              [](std::string_view text, std::string_view part) { return text.starts_with(part); });
}

value ends_with(evaluation& run, const expression& call, const value& data) {
  return fits(run, call, data,
              [](std::string_view text, std::string_view part) { return text.ends_with(part); });
}

// [text, length, fill = " ", side = "right"]: adds the fill at a side until the text is as long. A
// number counts as its text, so that numbers can be aligned.
value pad(evaluation& run, const expression& call, const value& data) {
  const value given = run.arg(call, 0, data);
  if (given.is_absent()) return value::null();
  if (!given.is_text() && !given.is_number())
    return wrong_type(run, call, "a text or a number", given);
  const std::string_view text = to_text(run, given);
  const auto length = whole_argument(run, call, 1, data);
  if (!length) return {};
  const auto wanted = text_argument(run, call, 2, data, " ");
  const auto side = wanted ? text_argument(run, call, 3, data, "right") : std::nullopt;
  if (!side) return {};
  const std::string_view fill = *wanted;
  const bool left = *side == "left";
  if (!left && *side != "right")
    return refuse(run, call, "invalid_arguments", "takes \"left\" or \"right\" as the side");
  if (fill.empty()) return refuse(run, call, "invalid_arguments", "takes a fill that is not empty");
  if (!run.read(text.size() + fill.size())) return {};
  const auto missing = *length - static_cast<std::int64_t>(count_characters(text));
  if (missing <= 0) return value::text(text);
  const std::size_t in_fill = count_characters(fill);
  const auto count = static_cast<std::uint64_t>(missing);
  text_builder made{run};
  if (!left) made.add(text);
  for (std::uint64_t i = 0; i < count / in_fill && run.step(); ++i) made.add(fill);
  made.add(characters(fill, 0, count % in_fill));
  if (left) made.add(text);
  return run.failed() ? value{} : value::text(made.finish());
}

// Also a text with {{ }}. Its parts are scalars or, as JSON, arrays and objects; null is empty.
value interpolated(evaluation& run, const expression& call, const value& data) {
  text_builder made{run};
  for (const expression& arg : call.args()) {
    const value part = run.eval(arg, data);
    if (part.is_scalar()) {
      made.add_joined(part);
    } else {
      made.add(json_text_of(run, part));
    }
  }
  return run.failed() ? value{} : value::text(made.finish());
}

}  // namespace pawl::flow::logic::op
