#include <algorithm>
#include <array>

#include "flow/logic/logic.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic {
namespace {

constexpr std::array table = {
    operator_entry{"!", op::negation, shape::plain},
    operator_entry{"!!", op::truth, shape::plain},
    operator_entry{"!=", op::unequal, shape::plain},
    operator_entry{"!==", op::not_identical, shape::plain},
    operator_entry{"%", op::modulo, shape::plain},
    operator_entry{"*", op::times, shape::plain},
    operator_entry{"+", op::plus, shape::plain},
    operator_entry{"-", op::minus, shape::plain},
    operator_entry{"/", op::divided, shape::plain},
    operator_entry{"<", op::less, shape::plain},
    operator_entry{"<=", op::less_or_equal, shape::plain},
    operator_entry{"==", op::equal, shape::plain},
    operator_entry{"===", op::identical, shape::plain},
    operator_entry{">", op::greater, shape::plain},
    operator_entry{">=", op::greater_or_equal, shape::plain},
    operator_entry{"?:", op::choose, shape::plain},
    operator_entry{"??", op::coalesce, shape::plain},
    operator_entry{"abs", op::abs, shape::plain, 1, 1},
    operator_entry{"all", op::all, shape::iteration},
    operator_entry{"and", op::all_of, shape::plain},
    operator_entry{"assign", op::assign, shape::plain},
    operator_entry{"assign_deep", op::assign_deep, shape::plain},
    operator_entry{"at", op::at, shape::plain, 2, 3},
    operator_entry{"average", op::average, shape::plain},
    operator_entry{"base64", op::base64, shape::plain, 1, 1},
    operator_entry{"base64_decode", op::base64_decode, shape::plain, 1, 1},
    operator_entry{"cat", op::cat, shape::plain},
    operator_entry{"ceil", op::ceil, shape::plain, 1, 2},
    operator_entry{"chunk", op::chunk, shape::plain, 2, 2},
    operator_entry{"count", op::count, shape::plain, 1, 1},
    operator_entry{"decimal", op::decimal, shape::plain, 2},
    operator_entry{"ends_with", op::ends_with, shape::plain, 2},
    operator_entry{"entries", op::entries, shape::plain, 1, 1},
    operator_entry{"enumerate", op::enumerate, shape::plain, 1, 2},
    operator_entry{"equal", op::deep_equal, shape::plain, 2},
    operator_entry{"exists", op::exists, shape::plain, 1},
    operator_entry{"filter", op::filter, shape::iteration},
    operator_entry{"flatten", op::flatten, shape::plain, 1, 2},
    operator_entry{"floor", op::floor, shape::plain, 1, 2},
    operator_entry{"format_time", op::format_time, shape::plain, 2, 3},
    operator_entry{"from_entries", op::from_entries, shape::plain, 1, 1},
    operator_entry{"get", op::get, shape::plain, 2, 3},
    operator_entry{"group_by", op::group_by, shape::iteration, 1, 2},
    operator_entry{"hmac_sha256", op::hmac_sha256, shape::plain, 2, 2},
    operator_entry{"if", op::choose, shape::plain},
    operator_entry{"in", op::in, shape::plain},
    operator_entry{"index_by", op::index_by, shape::iteration, 1, 2},
    operator_entry{"index_of", op::index_of, shape::plain, 2, 2},
    operator_entry{"interpolate", op::interpolated, shape::plain},
    operator_entry{"join", op::join, shape::plain, 1, 2},
    operator_entry{"json_parse", op::json_parse, shape::plain, 1, 1},
    operator_entry{"json_text", op::json_text, shape::plain, 1, 1},
    operator_entry{"let", op::let, shape::iteration, 2, 2},
    operator_entry{"literal", op::literal, shape::plain},
    operator_entry{"log", op::log, shape::plain},
    operator_entry{"lower", op::lower, shape::plain, 1, 1},
    operator_entry{"map", op::map, shape::iteration},
    operator_entry{"matches", op::matches, shape::pattern, 2, 2},
    operator_entry{"max", op::max, shape::plain},
    operator_entry{"max_by", op::max_by, shape::iteration, 1, 2},
    operator_entry{"merge", op::merge, shape::plain},
    operator_entry{"min", op::min, shape::plain},
    operator_entry{"min_by", op::min_by, shape::iteration, 1, 2},
    operator_entry{"missing", op::missing, shape::paths},
    operator_entry{"missing_some", op::missing_some, shape::options},
    operator_entry{"none", op::none, shape::iteration},
    operator_entry{"now", op::now, shape::plain, 0, 0},
    operator_entry{"object", op::object_literal, shape::members, 1, 1},
    operator_entry{"omit", op::omit, shape::plain},
    operator_entry{"omit_keys", op::omit_keys, shape::plain, 2},
    operator_entry{"or", op::any_of, shape::plain},
    operator_entry{"pad", op::pad, shape::plain, 2, 4},
    operator_entry{"parse_time", op::parse_time, shape::plain, 1, 3},
    operator_entry{"pick", op::pick, shape::plain, 2},
    operator_entry{"pow", op::pow, shape::plain, 2, 2},
    operator_entry{"put", op::put, shape::plain, 3, 3},
    operator_entry{"random", op::random, shape::plain, 0, 2},
    operator_entry{"range", op::range, shape::plain, 1, 3},
    operator_entry{"reduce", op::reduce, shape::iteration},
    operator_entry{"replace", op::replace, shape::plain, 3, 3},
    operator_entry{"round", op::round, shape::plain, 1, 2},
    operator_entry{"sha256", op::sha256, shape::plain, 1, 1},
    operator_entry{"slice", op::slice, shape::plain, 2, 3},
    operator_entry{"some", op::some, shape::iteration},
    operator_entry{"sort_by", op::sort_by, shape::iteration, 1, 3},
    operator_entry{"split", op::split, shape::plain, 2, 3},
    operator_entry{"starts_with", op::starts_with, shape::plain, 2},
    operator_entry{"substr", op::substr, shape::plain},
    operator_entry{"sum", op::sum, shape::plain},
    operator_entry{"throw", op::raise, shape::plain, 1, 1},
    operator_entry{"time_add", op::time_add, shape::plain, 2, 3},
    operator_entry{"time_diff", op::time_diff, shape::plain, 2, 3},
    operator_entry{"trim", op::trim, shape::plain, 1, 1},
    operator_entry{"try", op::attempt, shape::handlers},
    operator_entry{"unique", op::unique, shape::iteration, 1, 2},
    operator_entry{"upper", op::upper, shape::plain, 1, 1},
    operator_entry{"url_encode", op::url_encode, shape::plain, 1, 1},
    operator_entry{"uuid", op::uuid, shape::plain, 0, 1},
    operator_entry{"val", op::val, shape::plain},
    operator_entry{"var", op::var, shape::lookup},
    operator_entry{"zip", op::zip, shape::plain, 1},
};
static_assert(std::ranges::is_sorted(table, {}, &operator_entry::name));

constexpr auto names = [] {
  std::array<std::string_view, table.size()> made;
  std::ranges::transform(table, made.begin(), &operator_entry::name);
  return made;
}();

}  // namespace

std::span<const operator_entry> operator_table() noexcept {
  return table;
}

std::span<const std::string_view> operators() noexcept {
  return names;
}

}  // namespace pawl::flow::logic
