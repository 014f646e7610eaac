#include "config/toml_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

#include <toml++/toml.h>

#include "config/keys.hpp"

namespace pawl::config {
namespace {

constexpr std::size_t max_file_bytes = 1u << 20;

result<std::string> read_text(const std::filesystem::path& file) {
  const std::string name = file.string();
  const auto failed = [&](int cause) {
    const errc code = cause == ENOENT ? errc::not_found : errc::io_failed;
    return error{code, "cannot read the configuration file " + name + ": " + std::strerror(cause)};
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return failed(EISDIR);
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) return failed(errno != 0 ? errno : EIO);
  std::string text(max_file_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return failed(errno != 0 ? errno : EIO);
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_file_bytes) {
    return error{errc::invalid_argument,
                 "the configuration file " + name + " is larger than the maximum of 1 MiB"};
  }
  return text;
}

bool is_group(std::string_view name) {
  const std::string prefix = std::string{name} + '.';
  const auto all = keys();
  return std::any_of(all.begin(), all.end(),
                     [&](const key& k) { return k.name.starts_with(prefix); });
}

raw_value to_raw(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* array = node.as_array()) {
    std::vector<std::string> items;
    for (const toml::node& item : *array) {
      const auto* text = item.as_string();
      if (text == nullptr) return other_value{"a list with an item that is not a string"};
      items.push_back(text->get());
    }
    return items;
  }
  if (node.is_table()) return other_value{"a table"};
  if (const auto* flag = node.as_boolean()) return other_value{flag->get() ? "true" : "false"};
  if (node.is_floating_point()) return other_value{"a floating-point number"};
  return other_value{"a date or time"};
}

class collector {
 public:
  explicit collector(std::string file) : file_(std::move(file)) {}

  // Recurses only into groups of settings.
  void visit(const toml::table& table, const std::string& prefix) {
    for (const auto& [name_key, node] : table) {
      const std::string name = prefix + std::string{name_key.str()};
      if (const auto* inner = node.as_table(); inner != nullptr && is_group(name)) {
        visit(*inner, name + '.');
      } else {
        const std::uint32_t line = node.source().begin.line;
        entries_.push_back({line, {name, to_raw(node), file_ + ":" + std::to_string(line)}});
      }
    }
  }

  [[nodiscard]] std::vector<file_entry> take() && {
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<file_entry> sorted;
    for (auto& [line, entry] : entries_) sorted.push_back(std::move(entry));
    return sorted;
  }

 private:
  std::string file_;
  std::vector<std::pair<std::uint32_t, file_entry>> entries_;
};

}  // namespace

result<std::vector<file_entry>> read_toml_file(const std::filesystem::path& file) {
  const auto text = read_text(file);
  if (!text) return text.error();
  const toml::parse_result parsed = toml::parse(std::string_view{*text});
  if (!parsed) {
    const auto at = parsed.error().source().begin;
    return error{errc::invalid_argument, "the configuration file " + file.string() +
                                             " is not valid TOML: line " + std::to_string(at.line) +
                                             ", column " + std::to_string(at.column) + ": " +
                                             std::string{parsed.error().description()}};
  }
  collector entries(file.string());
  entries.visit(parsed.table(), "");
  return std::move(entries).take();
}

}  // namespace pawl::config
