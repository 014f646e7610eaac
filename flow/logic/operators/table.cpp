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
    operator_entry{"all", op::all, shape::iteration},
    operator_entry{"and", op::all_of, shape::plain},
    operator_entry{"cat", op::cat, shape::plain},
    operator_entry{"filter", op::filter, shape::iteration},
    operator_entry{"if", op::choose, shape::plain},
    operator_entry{"in", op::in, shape::plain},
    operator_entry{"log", op::log, shape::plain},
    operator_entry{"map", op::map, shape::iteration},
    operator_entry{"max", op::max, shape::plain},
    operator_entry{"merge", op::merge, shape::plain},
    operator_entry{"min", op::min, shape::plain},
    operator_entry{"missing", op::missing, shape::paths},
    operator_entry{"missing_some", op::missing_some, shape::options},
    operator_entry{"none", op::none, shape::iteration},
    operator_entry{"or", op::any_of, shape::plain},
    operator_entry{"reduce", op::reduce, shape::iteration},
    operator_entry{"some", op::some, shape::iteration},
    operator_entry{"substr", op::substr, shape::plain},
    operator_entry{"val", op::val, shape::plain},
    operator_entry{"var", op::var, shape::lookup},
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
