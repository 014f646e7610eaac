#include "flow/definition/schema.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <string_view>

// Without this an invalid schema aborts the program.
#define VALIJSON_USE_EXCEPTIONS 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

#include <pawl/detail/hex.hpp>

#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

using json_adapter = valijson::adapters::NlohmannJsonAdapter;

constexpr std::size_t max_reported = 20;
/// std::regex recurses once per character.
constexpr std::size_t max_matched_bytes = 2'000;

/// Visits every object of a schema. Reports unsupported keywords and notes whether any keyword
/// matches strings against patterns.
class schema_reader {
 public:
  explicit schema_reader(std::vector<diagnostic>& diagnostics) : diagnostics_(diagnostics) {}

  void read(const json& node, const std::string& pointer) {
    if (node.is_array()) {
      for (std::size_t i = 0; i < node.size(); ++i)
        read(node[i], pointer + "/" + std::to_string(i));
      return;
    }
    if (!node.is_object()) return;
    for (const auto& [key, value] : node.items()) {
      const std::string at = child_pointer(pointer, key);
      if (key == "enum" || key == "const" || key == "default" || key == "examples") continue;
      if (key == "pattern" || key == "patternProperties" || key == "format") matches_strings = true;
      if (key == "$ref" && value.is_string() &&
          !value.get_ref<const std::string&>().starts_with('#'))
        diagnostics_.push_back(
            {severity::error, at, "bad_schema",
             "a \"$ref\" must point into the same schema (\"#/...\"); references to other "
             "documents are not fetched"});
      read(value, at);
    }
  }

  bool matches_strings = false;

 private:
  std::vector<diagnostic>& diagnostics_;
};

/// Counts the subschemas that are applied to one value before validation descends into it. A schema
/// that refers to itself without descending never ends, and some finite schemas grow exponentially.
class work_counter {
 public:
  explicit work_counter(const json& root) : root_(root) {}

  /// Whether the schema and each of its parts stay within the limit.
  [[nodiscard]] bool is_within_limit(const json& node) {
    if (node.is_object() && of(node, 0) > max_work) return false;
    return !node.is_structured() || std::all_of(node.begin(), node.end(), [&](const json& part) {
      return is_within_limit(part);
    });
  }

 private:
  static constexpr std::size_t max_work = 1'000;
  static constexpr int max_reference_depth = 64;

  std::size_t of(const json& schema, int level) {
    if (level > max_reference_depth) return max_work + 1;
    if (const auto known = known_.find(&schema); known != known_.end()) return known->second;
    std::size_t work = 1;
    for_each_in_place(schema, [&](const json& part) {
      if (work <= max_work) work += of(part, level + 1);
    });
    return known_[&schema] = work;
  }

  /// The schemas that are applied to the same value.
  template <class Visit>
  void for_each_in_place(const json& schema, Visit visit) const {
    if (!schema.is_object()) return;
    if (const auto ref = schema.find("$ref"); ref != schema.end() && ref->is_string()) {
      if (const json* const target = resolve(ref->get_ref<const std::string&>())) visit(*target);
      return;
    }
    for (const char* const key : {"allOf", "anyOf", "oneOf", "dependencies"})
      if (const auto list = schema.find(key); list != schema.end() && list->is_structured())
        for (const json& part : *list) visit(part);
    for (const char* const key : {"not", "if", "then", "else"})
      if (const auto part = schema.find(key); part != schema.end()) visit(*part);
  }

  [[nodiscard]] const json* resolve(const std::string& reference) const {
    const json* at = &root_;
    for (std::size_t from = reference.find('/'); from != reference.npos;) {
      const std::size_t to = reference.find('/', from + 1);
      const std::string name = unescaped(reference.substr(from + 1, to - from - 1));
      if (at->is_array() && !name.empty() && name.find_first_not_of("0123456789") == name.npos &&
          name.size() < 9 && std::stoul(name) < at->size()) {
        at = &(*at)[std::stoul(name)];
      } else if (at->is_object() && at->contains(name)) {
        at = &at->at(name);
      } else {
        return nullptr;  // the library reports it
      }
      from = to;
    }
    return at;
  }

  /// Decodes a segment of a JSON pointer in a URI fragment.
  static std::string unescaped(const std::string& text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool has_code = text[i] == '%' && i + 2 < text.size() &&
                            detail::hex_value(text[i + 1]) >= 0 &&
                            detail::hex_value(text[i + 2]) >= 0;
      if (has_code) {
        plain +=
            static_cast<char>(detail::hex_value(text[i + 1]) << 4 | detail::hex_value(text[i + 2]));
        i += 2;
      } else if (text[i] == '~' && i + 1 < text.size() &&
                 (text[i + 1] == '0' || text[i + 1] == '1')) {
        plain += text[++i] == '0' ? '~' : '/';
      } else {
        plain += text[i];
      }
    }
    return plain;
  }

  const json& root_;
  std::map<const json*, std::size_t> known_;
};

bool has_longer_string(const json& value, std::size_t max_bytes) {
  if (value.is_string()) return value.get_ref<const std::string&>().size() > max_bytes;
  return value.is_structured() && std::any_of(value.begin(), value.end(), [&](const json& item) {
           return has_longer_string(item, max_bytes);
         });
}

}  // namespace

struct json_schema::compiled {
  valijson::Schema schema;
  bool matches_strings = false;
};

json_schema json_schema::compile(const json& source, const std::string& pointer,
                                 std::vector<diagnostic>& diagnostics) {
  json_schema made;
  const auto fail = [&](const std::string& why) {
    diagnostics.push_back({severity::error, pointer, "bad_schema", "invalid JSON Schema: " + why});
    return json_schema{};
  };
  if (!source.is_object()) return fail("must be an object, not " + std::string{source.type_name()});
  const std::size_t before = diagnostics.size();
  schema_reader reader{diagnostics};
  reader.read(source, pointer);
  if (diagnostics.size() > before) return made;
  if (!work_counter{source}.is_within_limit(source))
    return fail("its references are circular, or expand to too many subschemas");
  auto parsed = std::make_shared<json_schema::compiled>();
  parsed->matches_strings = reader.matches_strings;
  try {
    valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
    parser.populateSchema(json_adapter{source}, parsed->schema);
    // Regular expressions are compiled on first use; this finds an invalid one now.
    valijson::Validator{}.validate(parsed->schema, json_adapter{json{}}, nullptr);
  } catch (const std::exception& failure) {
    return fail(failure.what());
  }
  made.compiled_ = std::move(parsed);
  return made;
}

result<void> json_schema::check(const json& value, const std::string& what) const {
  if (!compiled_) return {};
  if (compiled_->matches_strings && has_longer_string(value, max_matched_bytes)) {
    return error{errc::invalid_argument,
                 what + " has a string of more than " + std::to_string(max_matched_bytes) +
                     " bytes; its schema has patterns, which match only shorter strings"};
  }
  valijson::ValidationResults found;
  bool valid = false;
  try {
    valid = valijson::Validator{}.validate(compiled_->schema, json_adapter{value}, &found);
  } catch (const std::exception& failure) {
    return error{errc::invalid_argument,
                 what + " cannot be checked against its schema: " + failure.what()};
  }
  if (valid) return {};
  error refused{errc::invalid_argument, what + " does not match its schema"};
  valijson::ValidationResults::Error each;
  while (refused.diagnostics.size() < max_reported && found.popError(each)) {
    std::string at;
    for (const auto& step : each.context) {
      if (step == "<root>") continue;
      const bool bracketed = step.size() > 2 && step.front() == '[' && step.back() == ']';
      at = child_pointer(std::move(at), bracketed ? step.substr(1, step.size() - 2) : step);
    }
    refused.diagnostics.push_back({severity::error, std::move(at), "schema", each.description});
  }
  if (!refused.diagnostics.empty()) {
    const auto& first = refused.diagnostics.front();
    refused.message += ": at \"" + first.pointer + "\": " + first.message;
  }
  return refused;
}

}  // namespace pawl::flow
