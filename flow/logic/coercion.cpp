#include "flow/logic/coercion.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace pawl::flow::logic {
namespace {

constexpr std::string_view object_text = "[object Object]";

std::string_view number_text(number n, std::array<char, number_text_bytes>& room) noexcept {
  return {room.data(), format(n, room.data())};
}

std::partial_ordering order_texts(evaluation& run, std::string_view a, std::string_view b) {
  if (!run.read(std::min(a.size(), b.size()))) return std::partial_ordering::unordered;
  return a.compare(b) <=> 0;
}

bool equal_texts(evaluation& run, std::string_view a, std::string_view b) {
  return a.size() == b.size() && run.read(a.size()) && a == b;
}

// Returns the innermost value of nested arrays with one item each. The text of an array is that of
// its items, joined by commas, so an array with one item has the text of the item.
value innermost_single(evaluation& run, value v) {
  while (v.is_array() && v.size() == 1 && run.step()) v = v[0];
  return v;
}

// The number of an array: JavaScript parses its text. With several items the text has a comma and
// is not a number.
number array_to_number(evaluation& run, const value& array) {
  const value inner = innermost_single(run, array);
  if (inner.is_array()) return inner.size() == 0 ? number::integer(0) : number::nan();
  if (inner.is_absent()) return number::integer(0);
  return inner.is_boolean() ? number::nan() : to_number(run, inner);
}

// parseFloat stops at a comma, so only the first item counts.
number array_to_float(evaluation& run, value v) {
  while (v.is_array() && v.size() > 0 && run.step()) v = v[0];
  return v.is_array() ? number::nan() : to_float(run, v);
}

// An operand of == or <: arrays and objects become text.
value to_primitive(evaluation& run, const value& v) {
  return v.is_scalar() ? v : value::text(to_text(run, v));
}

}  // namespace

void text_builder::add_scalar(const value& item) {
  std::array<char, number_text_bytes> room;
  switch (item.what()) {
    case kind::undefined:
    case kind::null:
      break;
    case kind::boolean:
      add(item.as_boolean() ? "true" : "false");
      break;
    case kind::text:
      add(item.as_text());
      break;
    case kind::integer:
    case kind::natural:
    case kind::real:
      add(number_text(item.as_number(), room));
      break;
    default:
      add(object_text);
  }
}

void text_builder::add_joined(const value& item) {
  if (!item.is_array()) return add_scalar(item);
  // The open arrays, outermost first, each with its next item. No recursion: data may be deep.
  std::vector<std::pair<value, std::size_t>> open{{item, 0}};
  while (!open.empty() && run_.step()) {
    auto& [array, next] = open.back();
    if (next == array.size()) {
      open.pop_back();
      continue;
    }
    if (next > 0) add(",");
    const value child = array[next++];
    if (child.is_array()) {
      open.emplace_back(child, 0);  // invalidates the references above
    } else {
      add_scalar(child);
    }
  }
}

std::string_view to_text(evaluation& run, const value& v) {
  std::array<char, number_text_bytes> room;
  switch (v.what()) {
    case kind::undefined:
      return "undefined";
    case kind::null:
      return "null";
    case kind::boolean:
      return v.as_boolean() ? "true" : "false";
    case kind::text:
      return v.as_text();
    case kind::integer:
    case kind::natural:
    case kind::real: {
      const std::string_view text = number_text(v.as_number(), room);
      return run.take(text.size()) ? run.keep(text) : std::string_view{};
    }
    case kind::array:
    case kind::list: {
      text_builder joined{run};
      joined.add_joined(v);
      return joined.finish();
    }
    default:
      return object_text;
  }
}

number to_number(evaluation& run, const value& v) {
  switch (v.what()) {
    case kind::null:
      return number::integer(0);
    case kind::boolean:
      return number::integer(v.as_boolean() ? 1 : 0);
    case kind::integer:
    case kind::natural:
    case kind::real:
      return v.as_number();
    case kind::text:
      return run.read(v.size()) ? parse_whole(v.as_text()) : number::nan();
    case kind::array:
    case kind::list:
      return array_to_number(run, v);
    default:
      return number::nan();
  }
}

number to_float(evaluation& run, const value& v) {
  if (v.is_number()) return v.as_number();
  if (v.is_text()) return run.read(v.size()) ? parse_beginning(v.as_text()) : number::nan();
  return v.is_array() ? array_to_float(run, v) : number::nan();
}

bool strictly_equal(evaluation& run, const value& a, const value& b) {
  if (a.is_number() && b.is_number()) return compare(a.as_number(), b.as_number()) == 0;
  if (a.what() != b.what()) return false;
  switch (a.what()) {
    case kind::undefined:
    case kind::null:
      return true;
    case kind::boolean:
      return a.as_boolean() == b.as_boolean();
    case kind::text:
      return equal_texts(run, a.as_text(), b.as_text());
    default:
      return a.same_place(b);
  }
}

bool loosely_equal(evaluation& run, const value& a, const value& b) {
  if (a.is_absent() || b.is_absent()) return a.is_absent() && b.is_absent();
  if (!a.is_scalar() && !b.is_scalar()) return a.same_place(b);
  const value left = to_primitive(run, a);
  const value right = to_primitive(run, b);
  if (left.is_text() && right.is_text()) return equal_texts(run, left.as_text(), right.as_text());
  return compare(to_number(run, left), to_number(run, right)) == 0;
}

std::partial_ordering order(evaluation& run, const value& a, const value& b) {
  const value left = to_primitive(run, a);
  const value right = to_primitive(run, b);
  if (left.is_text() && right.is_text()) return order_texts(run, left.as_text(), right.as_text());
  return compare(to_number(run, left), to_number(run, right));
}

}  // namespace pawl::flow::logic
