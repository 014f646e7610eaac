#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/result.hpp>
#include <pawl/run_options.hpp>

/// The orders of lists of runs, and how they are written: "newest", "finished_last", "attr.total",
/// "-attr.total". Pure.
namespace pawl::persistence {

/// An order, and the attribute that those by attribute have.
struct run_sorting {
  run_sorting(run_order by = run_order::newest, std::string name = {})  // NOLINT
      : order(by), attribute(std::move(name)) {}

  run_order order;
  std::string attribute;

  friend bool operator==(const run_sorting&, const run_sorting&) = default;
};

/// Error: `invalid_argument` for an order by attribute without a valid name, and for a name in
/// another order.
[[nodiscard]] result<void> check_run_sorting(const run_sorting& sorting);

[[nodiscard]] std::string to_string(const run_sorting& sorting);
[[nodiscard]] std::optional<run_sorting> parse_run_sorting(std::string_view text);
/// All orders, for messages.
[[nodiscard]] std::string all_run_orders();

/// Finished runs only, by the time of their end.
[[nodiscard]] bool is_by_end(run_order order) noexcept;
/// Runs with an attribute only, by its value.
[[nodiscard]] bool is_by_attribute(run_order order) noexcept;
/// By the last event, which no list of the index has.
[[nodiscard]] bool is_by_last_event(run_order order) noexcept;
/// Whether the lists of the index are read backwards.
[[nodiscard]] bool is_reverse(run_order order) noexcept;

}  // namespace pawl::persistence
