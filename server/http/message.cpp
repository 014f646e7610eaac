#include "server/http/message.hpp"

#include <algorithm>

#include "server/http/ascii.hpp"

namespace pawl::server::http {

void fields::set(std::string_view name, std::string value) {
  const auto same = [&](const field& f) { return ascii_iequals(f.name, name); };
  list_.erase(std::remove_if(list_.begin(), list_.end(), same), list_.end());
  list_.push_back({std::string{name}, std::move(value)});
}

std::optional<std::string_view> fields::find(std::string_view name) const noexcept {
  for (const field& f : list_)
    if (ascii_iequals(f.name, name)) return f.value;
  return std::nullopt;
}

}  // namespace pawl::server::http
