#include "cli/flow_text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "server/yaml/plain_scalar.hpp"

namespace pawl::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t max_width = 100;

bool is_leaf(const ordered_json& value) {
  return !value.is_structured() || value.empty();
}

/// Whether a container of the flow is always spread over several lines: the flow and its nodes.
bool is_outer(std::size_t depth, bool in_nodes) {
  return depth == 0 || (depth == 1 && in_nodes);
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "30s", "7d": a text, though it begins with a digit.
bool is_duration(std::string_view text) {
  constexpr std::string_view units = "smhdw";
  return text.size() > 1 && units.find(text.back()) != units.npos &&
         std::all_of(text.begin(), text.end() - 1, is_digit);
}

/// Whether every reader of YAML takes the text without quotes as this text.
bool is_plain(std::string_view text) {
  static constexpr std::array<std::string_view, 6> words_of_1_1 = {"yes", "no", "on",
                                                                   "off", "y",  "n"};
  if (text.empty() || !(is_letter(text[0]) || is_duration(text)) || text.back() == ' ')
    return false;
  for (const char c : text)
    if (!is_letter(c) && !is_digit(c) && c != '.' && c != '/' && c != '-' && c != ' ') return false;
  std::string lower{text};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (std::find(words_of_1_1.begin(), words_of_1_1.end(), lower) != words_of_1_1.end())
    return false;
  const auto read = server::read_plain_scalar(lower);
  return read.refused.empty() && read.value == lower;
}

std::string quoted_text(const std::string& text) {
  return ordered_json(text).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// Writes values in one of the two notations.
class text_writer {
 public:
  explicit text_writer(bool yaml) : yaml_(yaml) {}

  std::string write(const ordered_json& value) {
    if (yaml_ && !is_leaf(value)) {
      write_block(value, 0, 0, false);
    } else {
      write_value(value, 0, 0, false);
    }
    if (!text_.ends_with('\n')) text_ += '\n';
    return std::move(text_);
  }

 private:
  std::string scalar(const ordered_json& value) const {
    if (!value.is_string()) return value.dump();
    const auto& text = value.get_ref<const std::string&>();
    return yaml_ && is_plain(text) ? text : quoted_text(text);
  }
  std::string key_text(const std::string& key) const {
    return yaml_ && is_plain(key) ? key : quoted_text(key);
  }

  /// A value on one line.
  std::string on_one_line(const ordered_json& value) const {
    if (is_leaf(value)) return scalar(value);
    std::string line;
    for (const auto& [key, member] : value.items()) {
      if (!line.empty()) line += ", ";
      if (value.is_object()) line += key_text(key) + ": ";
      line += on_one_line(member);
    }
    return value.is_object() ? "{" + line + "}" : "[" + line + "]";
  }

  /// The length of the last line.
  std::size_t column() const { return text_.size() - (text_.rfind('\n') + 1); }

  /// JSON: a value, after its key.
  void write_value(const ordered_json& value, std::size_t indent, std::size_t depth,
                   bool in_nodes) {
    if (is_leaf(value) || !is_outer(depth, in_nodes)) {
      std::string line = on_one_line(value);
      if (is_leaf(value) || column() + line.size() < max_width) {
        text_ += line;
        return;
      }
    }
    const std::string margin(indent + 2, ' ');
    text_ += value.is_object() ? "{" : "[";
    bool is_first = true;
    for (const auto& [key, member] : value.items()) {
      text_ += (is_first ? "\n" : ",\n") + margin;
      is_first = false;
      if (value.is_object()) text_ += key_text(key) + ": ";
      write_value(member, indent + 2, depth + 1, in_nodes || is_nodes(value, key, depth));
    }
    text_ += "\n" + std::string(indent, ' ') + (value.is_object() ? "}" : "]");
  }

  static bool is_nodes(const ordered_json& value, const std::string& key, std::size_t depth) {
    return depth == 0 && value.is_object() && (key == "nodes" || key == "edges");
  }

  /// YAML: the members of a container that is not empty, one per line. The first one begins where
  /// the text ends.
  void write_block(const ordered_json& value, std::size_t indent, std::size_t depth,
                   bool in_nodes) {
    bool is_first = true;
    for (const auto& [key, member] : value.items()) {
      if (!is_first) text_ += std::string(indent, ' ');
      is_first = false;
      text_ += value.is_object() ? key_text(key) + ":" : "-";
      write_member(member, value.is_object(), indent + 2, depth + 1,
                   in_nodes || is_nodes(value, key, depth));
    }
  }

  void write_member(const ordered_json& member, bool in_object, std::size_t indent,
                    std::size_t depth, bool in_nodes) {
    // The flow, its list of nodes, and each node.
    const bool is_spread = is_outer(depth, in_nodes) ||
                           (depth == 2 && in_nodes && !in_object && !member.contains("source"));
    if (is_leaf(member) || !is_spread) {
      std::string line = on_one_line(member);
      if (is_leaf(member) || column() + 1 + line.size() < max_width) {
        text_ += " " + line + "\n";
        return;
      }
    }
    // A mapping in a sequence begins after its dash.
    if (!in_object && member.is_object()) {
      text_ += " ";
    } else {
      text_ += "\n" + std::string(indent, ' ');
    }
    write_block(member, indent, depth, in_nodes);
  }

  bool yaml_;
  std::string text_;
};

}  // namespace

std::string json_text(const ordered_json& value) {
  return text_writer{false}.write(value);
}

std::string yaml_text(const ordered_json& value) {
  return text_writer{true}.write(value);
}

}  // namespace pawl::cli
