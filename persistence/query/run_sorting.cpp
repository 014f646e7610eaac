#include "persistence/query/run_sorting.hpp"

#include <pawl/run_attributes.hpp>

namespace pawl::persistence {
namespace {

constexpr std::pair<std::string_view, run_order> orders[] = {
    {"newest", run_order::newest},
    {"oldest", run_order::oldest},
    {"finished_last", run_order::finished_last},
    {"finished_first", run_order::finished_first},
    {"updated_last", run_order::updated_last},
    {"updated_first", run_order::updated_first},
};
/// Before the name of an attribute.
constexpr std::pair<std::string_view, run_order> attribute_orders[] = {
    {"attr.", run_order::by_attribute},
    {"-attr.", run_order::by_attribute_reverse},
};

}  // namespace

result<void> check_run_sorting(const run_sorting& sorting) {
  if (is_by_attribute(sorting.order)) return check_attribute_name(sorting.attribute);
  if (sorting.attribute.empty()) return {};
  return error{errc::invalid_argument, "the order " + to_string(sorting) + " has no attribute"};
}

std::string to_string(const run_sorting& sorting) {
  for (const auto& [name, value] : orders)
    if (value == sorting.order) return std::string{name};
  for (const auto& [prefix, value] : attribute_orders)
    if (value == sorting.order) return std::string{prefix} + sorting.attribute;
  return {};
}

std::optional<run_sorting> parse_run_sorting(std::string_view text) {
  for (const auto& [name, value] : orders)
    if (name == text) return run_sorting{value};
  for (const auto& [prefix, value] : attribute_orders) {
    if (!text.starts_with(prefix)) continue;
    run_sorting sorting{value, std::string{text.substr(prefix.size())}};
    if (check_run_sorting(sorting)) return sorting;
  }
  return std::nullopt;
}

std::string all_run_orders() {
  std::string all;
  for (const auto& [name, value] : orders) all += std::string{name} + ", ";
  for (const auto& [prefix, value] : attribute_orders)
    all += (all.ends_with(" ") ? "" : ", ") + std::string{prefix} + "NAME";
  return all;
}

bool is_by_end(run_order order) noexcept {
  return order == run_order::finished_last || order == run_order::finished_first;
}

bool is_by_attribute(run_order order) noexcept {
  return order == run_order::by_attribute || order == run_order::by_attribute_reverse;
}

bool is_by_last_event(run_order order) noexcept {
  return order == run_order::updated_last || order == run_order::updated_first;
}

bool is_reverse(run_order order) noexcept {
  return order == run_order::oldest || order == run_order::finished_first ||
         order == run_order::by_attribute_reverse;
}

}  // namespace pawl::persistence
