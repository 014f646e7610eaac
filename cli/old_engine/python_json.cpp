#include "cli/old_engine/python_json.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "flow/values/pointer.hpp"

namespace pawl::cli {
namespace {

/// A number that stands for one which JSON does not have. Python never writes a zero like this.
constexpr std::string_view no_number = "0e-0000";

/// Digits of an integer that fits into a double.
constexpr std::size_t max_integer_digits = 300;

bool is_python_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Length of a number at the beginning of a text that only Python has; 0: there is none.
std::size_t length_of_python_number(std::string_view text) {
  for (const std::string_view word : {"NaN", "Infinity", "-Infinity"})
    if (text.starts_with(word)) return word.size();
  const auto end = std::find_if_not(text.begin(), text.end(), is_python_digit);
  const auto digits = static_cast<std::size_t>(end - text.begin());
  return digits > max_integer_digits ? digits : 0;
}

/// Replaces the numbers that only Python has, outside of strings.
std::string without_python_numbers(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  bool in_string = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    if (in_string && rest.front() == '\\') {
      clean.append(rest.substr(0, 2));
      i += 2;
      continue;
    }
    if (rest.front() == '"') in_string = !in_string;
    const bool in_number = i > 0 && is_python_digit(text[i - 1]);
    const std::size_t length = in_string || in_number ? 0 : length_of_python_number(rest);
    if (length == 0) {
      clean += rest.front();
      ++i;
    } else {
      clean += no_number;
      i += length;
    }
  }
  return clean;
}

/// Builds a value from the events of nlohmann's parser.
class python_value_reader final : public nlohmann::json_sax<json> {
 public:
  explicit python_value_reader(value_changes* changed) : changed_(changed) {}

  [[nodiscard]] json& root() noexcept { return root_; }

  bool null() override { return add(nullptr) != nullptr; }
  bool boolean(bool value) override { return add(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return add(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return add(value) != nullptr; }
  bool number_float(number_float_t value, const string_t& written) override {
    if (written.ends_with(no_number)) {
      add(nullptr);
      note("NaN, infinity or an integer of too many digits became null");
      return true;
    }
    add(value);
    if (written.find_first_of(".eE") == written.npos)
      note("the integer " + written + " became the double " + json(value).dump());
    return true;
  }
  bool string(string_t& value) override { return add(std::move(value)) != nullptr; }
  bool binary(binary_t&) override { return false; }  // never in a text

  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    open_.back().key = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  struct container {
    json* at;
    std::string key;  ///< of an object: its member that is read
  };

  json* add(json&& value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    json& in = *open_.back().at;
    if (in.is_array()) {
      in.push_back(std::move(value));
      return &in.back();
    }
    json& member = in[open_.back().key];
    member = std::move(value);
    return &member;
  }

  bool open(json&& container) {
    json* const added = add(std::move(container));
    open_.push_back({added, {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  /// Says what became of the value that was added last.
  void note(const std::string& what) {
    std::string pointer;
    for (const auto& each : open_)
      pointer = flow::child_pointer(
          std::move(pointer), each.at->is_array() ? std::to_string(each.at->size() - 1) : each.key);
    note_change(changed_, pointer, what);
  }

  json root_;
  std::vector<container> open_;
  value_changes* changed_;
};

}  // namespace

result<json> parse_python_json(std::string_view text, value_changes* changed) {
  python_value_reader reader{changed};
  if (!json::sax_parse(without_python_numbers(text), &reader))
    return error{errc::invalid_argument, "it is not JSON"};
  return storable(std::move(reader.root()), changed);
}

}  // namespace pawl::cli
