#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::cli {

/// The widths of a column of a table.
struct column {
  std::size_t wanted = 0;  ///< of its longest text
  std::size_t small = 0;   ///< readable, but truncated
  std::size_t least = 0;   ///< never narrower
};

/// The widths of columns that must fit `room`. Reduces the columns to `small`, last one first, then
/// to `least`, last one first, and no further than needed. The sum exceeds `room` only if every
/// column has its least width. Pure.
[[nodiscard]] std::vector<std::size_t> fit_columns(const std::vector<column>& columns,
                                                   std::size_t room);

/// `text` truncated in its middle to at most `width` columns: the start and the last four columns
/// remain.
[[nodiscard]] std::string fit_middle(std::string_view text, std::size_t width,
                                     std::string_view ellipsis);

}  // namespace pawl::cli
