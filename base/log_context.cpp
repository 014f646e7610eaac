#include <pawl/detail/log_context.hpp>

#include <algorithm>
#include <cstddef>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/safe_text.hpp>
#include <pawl/detail/utf8.hpp>

namespace pawl::detail {
namespace {

thread_local log_fields about_now;

void put_byte(std::string& to, char c) {
  to += "\\x";
  append_hex_byte(to, static_cast<unsigned char>(c));
}

template <class IsKept>
std::string escaped(std::string_view text, const IsKept& is_kept) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_character(text);
    const auto character = text.substr(0, std::max<std::size_t>(length, 1));
    if (length != 0 && !is_unsafe_to_show(character) && is_kept(character[0])) {
      out += character;
    } else {
      for (const char c : character) put_byte(out, c);
    }
    text.remove_prefix(character.size());
  }
  return out;
}

bool is_plain(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"._:/@+~-"}.find(c) != std::string_view::npos;
}

}  // namespace

log_about::log_about(const log_fields& what) noexcept : before_(about_now) {
  if (!what.scope.empty()) about_now.scope = what.scope;
  if (!what.run.empty()) about_now.run = what.run;
  if (!what.node.empty()) about_now.node = what.node;
  if (!what.request.empty()) about_now.request = what.request;
  if (what.trace != nullptr) about_now.trace = what.trace;
}

log_about::~log_about() {
  about_now = before_;
}

const log_fields& log_about::now() noexcept {
  return about_now;
}

std::string log_text(std::string_view text) {
  return escaped(text, [](char) { return true; });
}

std::string log_value(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string{text};
  return "\"" + escaped(text, [](char c) { return c != '"' && c != '\\'; }) + "\"";
}

}  // namespace pawl::detail
