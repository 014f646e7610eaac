#include "server/api/etag.hpp"

#include "server/whole_number.hpp"

namespace pawl::server {
namespace {

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool has_tag(std::string_view list, std::string_view tag) {
  // The server's tags contain neither commas nor quotes, so the list can be split at commas.
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view each = without_blanks(list.substr(0, comma));
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
    if (each.starts_with("W/")) each.remove_prefix(2);
    if (each == "*" || each == tag) return true;
  }
  return false;
}

if_match read_if_match(std::string_view text) {
  text = without_blanks(text);
  if (text == "*") return {true, true};
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  const std::string_view tag = quoted ? text.substr(1, text.size() - 2) : std::string_view{};
  if (!quoted || tag.find('"') != tag.npos) return {true};
  return {true, false, std::string{tag}};
}

std::optional<std::uint64_t> checkpoint_of(const if_match& wanted) {
  return wanted.tag ? whole_number(*wanted.tag) : std::nullopt;
}

}  // namespace pawl::server
