#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <pawl/suggest.hpp>

#include "persistence/query/run_query.hpp"

namespace pawl::persistence {
namespace {

enum class value_kind : std::uint8_t { text, status, flow, version, wait, time, attribute };

struct field_info {
  std::string_view name;
  run_field field;
  value_kind values;
};

constexpr field_info fields[] = {
    {"id", run_field::id, value_kind::text},
    {"status", run_field::status, value_kind::status},
    {"flow", run_field::flow, value_kind::flow},
    {"version", run_field::version, value_kind::version},
    {"parent", run_field::parent, value_kind::text},
    {"error", run_field::error, value_kind::text},
    {"node", run_field::node, value_kind::text},
    {"waiting", run_field::waiting, value_kind::wait},
    {"started", run_field::started, value_kind::time},
    {"finished", run_field::finished, value_kind::time},
};

/// Of "attr.NAME", which has no name of its own here.
constexpr std::string_view attribute_prefix = "attr.";
constexpr field_info attribute_field{"attr", run_field::attribute, value_kind::attribute};

struct operator_info {
  std::string_view text;
  comparison how;
};

/// Longer ones first.
constexpr operator_info operators[] = {
    {"!=", comparison::not_equal}, {"^=", comparison::prefix}, {"<=", comparison::at_most},
    {">=", comparison::at_least},  {"=", comparison::equal},   {"<", comparison::less},
    {">", comparison::greater},
};

constexpr std::string_view wait_kinds[] = {"signal", "answer", "timer", "run", "worker"};

bool takes(value_kind values, comparison how) {
  switch (how) {
    case comparison::equal:
    case comparison::not_equal:
      return values != value_kind::time;
    case comparison::prefix:
      return values == value_kind::text || values == value_kind::flow ||
             values == value_kind::attribute;
    case comparison::less:
    case comparison::at_most:
    case comparison::greater:
    case comparison::at_least:
      return values == value_kind::time || values == value_kind::version ||
             values == value_kind::attribute;
  }
  return false;
}

std::string operators_of(value_kind values) {
  std::string all;
  for (const auto& each : operators)
    if (takes(values, each.how)) all += (all.empty() ? "" : ", ") + std::string{each.text};
  return all;
}

template <class Names>
std::string joined(const Names& names) {
  std::string all;
  for (const std::string_view each : names) all += (all.empty() ? "" : ", ") + std::string{each};
  return all;
}

std::string quoted_text(std::string_view text) {
  constexpr std::size_t most = 64;
  return '"' + std::string{text.substr(0, most)} + (text.size() > most ? "…\"" : "\"");
}

/// "; did you mean "x"?", or else "; must be one of …".
std::string hint(std::string_view word, std::span<const std::string_view> known) {
  if (const auto meant = nearest(word, known)) return "; did you mean " + quoted_text(*meant) + "?";
  return "; must be one of " + joined(known);
}

std::string unknown_field(std::string_view word) {
  std::vector<std::string_view> known;
  for (const auto& each : fields) known.push_back(each.name);
  known.push_back("attr.NAME");
  return "unknown field " + quoted_text(word) + hint(word, known);
}

std::string unknown_status(std::string_view word) {
  std::vector<std::string_view> known;
  for (const auto each : all_run_statuses) known.push_back(to_string(each));
  return "unknown status " + quoted_text(word) + hint(word, known);
}

bool is_field_letter(char c) {
  return (c >= 'a' && c <= 'z') || c == '_' || c == '.';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// A text value with its place in the filter.
struct written_value {
  std::string text;
  std::size_t at = 0;
  bool quoted = false;
};

class filter_parser {
 public:
  filter_parser(std::string_view text, time_point now) : text_(text), now_(now) {}

  result<run_query> parse(std::size_t max_bytes) {
    if (text_.size() > max_bytes) {
      return error{errc::invalid_argument,
                   "invalid filter: it has " + std::to_string(text_.size()) +
                       " bytes; the maximum is " + std::to_string(max_bytes)};
    }
    run_query query;
    while (skip_spaces(), at_ < text_.size()) {
      if (query.terms.size() == max_filter_terms)
        return wrong(at_, "more than " + std::to_string(max_filter_terms) + " conditions");
      auto term = parse_term();
      if (!term) return std::move(term).error();
      query.terms.push_back(*std::move(term));
    }
    return query;
  }

 private:
  [[nodiscard]] static error wrong(std::size_t at, const std::string& what) {
    return {errc::invalid_argument,
            "invalid filter at position " + std::to_string(at + 1) + ": " + what};
  }

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  result<run_term> parse_term() {
    const std::size_t begin = at_;
    const bool is_attribute = text_.substr(at_).starts_with(attribute_prefix);
    while (at_ < text_.size() &&
           (is_field_letter(text_[at_]) || (is_attribute && is_attribute_letter(text_[at_]))))
      ++at_;
    const auto word = text_.substr(begin, at_ - begin);
    if (word.empty()) {
      return wrong(begin, "expected a field, not " + quoted_text(text_.substr(begin, 1)) +
                              "; write conditions as in status=failed flow=order started>-2h");
    }
    const auto* field = std::find_if(std::begin(fields), std::end(fields),
                                     [&](const auto& each) { return each.name == word; });
    std::string attribute;
    if (is_attribute) {
      attribute = word.substr(attribute_prefix.size());
      if (const auto good = check_attribute_name(attribute); !good)
        return wrong(begin + attribute_prefix.size(), good.error().message);
      field = &attribute_field;
    }
    if (field == std::end(fields)) return wrong(begin, unknown_field(word));
    const std::size_t operator_at = at_;
    const auto* const found =
        std::find_if(std::begin(operators), std::end(operators),
                     [&](const auto& each) { return text_.substr(at_).starts_with(each.text); });
    if (found == std::end(operators)) {
      return wrong(operator_at, "expected " + operators_of(field->values) + " after " +
                                    quoted_text(word) + ", without spaces");
    }
    if (!takes(field->values, found->how)) {
      return wrong(operator_at, std::string{word} + " does not take " + std::string{found->text} +
                                    "; use " + operators_of(field->values));
    }
    at_ += found->text.size();
    return parse_values(*field, found->how, std::move(attribute));
  }

  result<run_term> parse_values(const field_info& of, comparison how, std::string attribute) {
    run_term term{of.field, how, {}, std::move(attribute)};
    const bool takes_list =
        how == comparison::equal || how == comparison::not_equal || how == comparison::prefix;
    while (true) {
      auto text = parse_text(of.name);
      if (!text) return std::move(text).error();
      auto value = value_of(of, how, *text);
      if (!value) return std::move(value).error();
      term.values.push_back(*std::move(value));
      if (at_ == text_.size() || is_space(text_[at_])) return term;
      if (text_[at_] != ',')
        return wrong(at_, "expected a space or a comma after a value in quotes");
      if (!takes_list) return wrong(at_, "only =, != and ^= take several values");
      const std::size_t most = of.field == run_field::id ? max_filter_ids : max_filter_values;
      if (term.values.size() == most)
        return wrong(at_, "more than " + std::to_string(most) + " values");
      ++at_;
    }
  }

  /// Parses a value in quotes, or up to a space or a comma.
  result<written_value> parse_text(std::string_view field) {
    written_value value{{}, at_};
    value.quoted = at_ < text_.size() && text_[at_] == '"';
    if (at_ < text_.size() && text_[at_] == '"') {
      for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        value.text += text_[at_];
      }
      if (at_ == text_.size()) return wrong(value.at, "a quote is not closed");
      ++at_;
      return value;
    }
    const std::size_t end = std::min(text_.find_first_of(" \t\r\n,", at_), text_.size());
    value.text = text_.substr(at_, end - at_);
    if (value.text.empty()) {
      return wrong(
          at_, "the value of " + std::string{field} + " is missing; write \"\" for an empty text");
    }
    if (const auto quote = value.text.find('"'); quote != std::string::npos)
      return wrong(at_ + quote, "a quote inside a value; put the whole value in quotes");
    at_ = end;
    return value;
  }

  result<term_value> value_of(const field_info& of, comparison how, const written_value& value) {
    const std::string& text = value.text;
    switch (of.values) {
      case value_kind::text:
        return term_value{text};
      case value_kind::status:
        if (const auto status = parse_run_status(text)) return term_value{*status};
        return wrong(value.at, unknown_status(text));
      case value_kind::flow:
        return flow_of(how, value);
      case value_kind::version:
        if (const auto parsed = parse_version(text)) return term_value{*parsed};
        return wrong(value.at, quoted_text(text) + " is not a version such as 1.0.2");
      case value_kind::wait:
        return wait_of(value);
      case value_kind::time:
        return time_of(value);
      case value_kind::attribute:
        return attribute_of(how, value);
    }
    return term_value{text};
  }

  /// A number, a time or a boolean without quotes, else a text.
  result<term_value> attribute_of(comparison how, const written_value& value) const {
    const bool is_text = value.quoted || how == comparison::prefix;
    if (!is_text && value.text.starts_with('-') &&
        parse_duration(std::string_view{value.text}.substr(1)))
      return time_of(value);
    const attribute_value read =
        is_text ? attribute_value{value.text} : plain_attribute(value.text);
    if (const auto good = check_attribute(read); !good)
      return wrong(value.at, good.error().message);
    const bool is_range =
        how != comparison::equal && how != comparison::not_equal && how != comparison::prefix;
    const auto type = attribute_type_of(read);
    if (is_range && type != attribute_type::number && type != attribute_type::time) {
      return wrong(value.at, "only numbers and times are smaller or larger, and " +
                                 quoted_text(value.text) + " is " + std::string{noun_of(type)} +
                                 "; compare it with =, != or ^=");
    }
    return std::visit([](const auto& one) { return term_value{one}; }, read);
  }

  /// A name, with a version after the last "@"; in quotes, a name as a whole.
  static result<term_value> flow_of(comparison how, const written_value& value) {
    const auto split = value.text.rfind('@');
    if (how == comparison::prefix || value.quoted || split == std::string::npos)
      return term_value{flow_pattern{value.text, std::nullopt}};
    const auto parsed = parse_version(std::string_view{value.text}.substr(split + 1));
    if (parsed) return term_value{flow_pattern{value.text.substr(0, split), *parsed}};
    return wrong(value.at + split + 1,
                 quoted_text(value.text.substr(split + 1)) + " is not a version such as 1.0.2");
  }

  static result<term_value> wait_of(const written_value& value) {
    const auto split = std::min(value.text.find(':'), value.text.size());
    const std::string kind = value.text.substr(0, split);
    if (std::find(std::begin(wait_kinds), std::end(wait_kinds), kind) == std::end(wait_kinds)) {
      return wrong(value.at, "nothing waits for " + quoted_text(kind) + hint(kind, wait_kinds) +
                                 "; of a signal, as in signal:approved");
    }
    const std::string name = split < value.text.size() ? value.text.substr(split + 1) : "";
    if (!name.empty() && kind != "signal")
      return wrong(value.at + split, "only a signal has a name, as in signal:approved");
    return term_value{wait_pattern{kind, name}};
  }

  result<term_value> time_of(const written_value& value) const {
    const std::string& text = value.text;
    if (text.starts_with('-')) {
      const auto ago = parse_duration(std::string_view{text}.substr(1));
      if (ago) return term_value{now_ - *ago};
    } else {
      constexpr std::size_t date_length = 10;  // 2026-01-31
      const auto parsed = parse_rfc3339(text.size() == date_length ? text + "T00:00:00Z" : text);
      if (parsed) return term_value{*parsed};
    }
    const bool lacks_sign = parse_duration(text).has_value();
    return wrong(value.at, quoted_text(text) +
                               (lacks_sign ? " has no sign; did you mean \"-" + text + "\"?"
                                           : std::string{" is not a time: write -2h, 2026-01-31 or "
                                                         "2026-01-31T09:30:00Z"}));
  }

  std::string_view text_;
  time_point now_;
  std::size_t at_ = 0;
};

}  // namespace

std::string quoted_value(std::string_view text) {
  std::string value = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') value += '\\';
    value += c;
  }
  return value + "\"";
}

result<run_query> parse_run_query(std::string_view text, time_point now, std::size_t max_bytes) {
  return filter_parser{text, now}.parse(max_bytes);
}

}  // namespace pawl::persistence
