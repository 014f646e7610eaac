#include "flow/definition/schema.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <map>
#include <string_view>

// Without it what is wrong with a schema would end the program.
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

#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

using json_adapter = valijson::adapters::NlohmannJsonAdapter;

constexpr std::size_t max_told = 20;
/// The standard library's regular expressions go deeper into the stack with every character.
constexpr std::size_t max_matched_bytes = 2'000;

/// Looks at every object of a schema for what is not supported, and whether it matches texts.
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
      if (key == "pattern" || key == "patternProperties" || key == "format") matches_texts = true;
      if (key == "$ref" && value.is_string() &&
          !value.get_ref<const std::string&>().starts_with('#'))
        diagnostics_.push_back(
            {severity::error, at, "bad_schema",
             "a \"$ref\" must point into the same schema (\"#/...\"): nothing is "
             "fetched from elsewhere"});
      read(value, at);
    }
  }

  bool matches_texts = false;

 private:
  std::vector<diagnostic>& diagnostics_;
};

/// How much work a schema makes with a single value before it looks at the parts of that: schemas
/// that refer to themselves without going deeper never end, and some that do not take for ever.
class work_counter {
 public:
  explicit work_counter(const json& root) : root_(root) {}

  /// Whether it is bearable, for the schema and every part of it.
  [[nodiscard]] bool is_bearable(const json& node) {
    if (node.is_object() && of(node, 0) > most_work) return false;
    return !node.is_structured() || std::all_of(node.begin(), node.end(), [&](const json& part) {
      return is_bearable(part);
    });
  }

 private:
  static constexpr std::size_t most_work = 1'000;
  static constexpr int deepest_reference = 64;

  std::size_t of(const json& schema, int level) {
    if (level > deepest_reference) return most_work + 1;
    if (const auto known = known_.find(&schema); known != known_.end()) return known->second;
    std::size_t work = 1;
    for_each_in_place(schema, [&](const json& part) {
      if (work <= most_work) work += of(part, level + 1);
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
        return nullptr;  // the library tells
      }
      from = to;
    }
    return at;
  }

  /// Of a JSON pointer in a URI.
  static std::string unescaped(const std::string& text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      unsigned code = 0;
      const char* const digits = text.data() + i + 1;
      if (text[i] == '%' && i + 2 < text.size() &&
          std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2) {
        plain += static_cast<char>(code);
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

bool has_longer_text(const json& value, std::size_t most) {
  if (value.is_string()) return value.get_ref<const std::string&>().size() > most;
  return value.is_structured() && std::any_of(value.begin(), value.end(), [&](const json& item) {
           return has_longer_text(item, most);
         });
}

}  // namespace

struct json_schema::compiled {
  valijson::Schema schema;
  bool matches_texts = false;
};

json_schema json_schema::compile(const json& source, const std::string& pointer,
                                 std::vector<diagnostic>& diagnostics) {
  json_schema made;
  const auto fail = [&](const std::string& why) {
    diagnostics.push_back(
        {severity::error, pointer, "bad_schema", "this is no JSON Schema: " + why});
    return json_schema{};
  };
  if (!source.is_object())
    return fail("it must be an object, not " + std::string{source.type_name()});
  const std::size_t before = diagnostics.size();
  schema_reader reader{diagnostics};
  reader.read(source, pointer);
  if (diagnostics.size() > before) return made;
  if (!work_counter{source}.is_bearable(source))
    return fail("its references lead to themselves, or to too many others");
  auto parsed = std::make_shared<json_schema::compiled>();
  parsed->matches_texts = reader.matches_texts;
  try {
    valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
    parser.populateSchema(json_adapter{source}, parsed->schema);
    // Regular expressions are read when they are first needed: a bad one must be found now.
    valijson::Validator{}.validate(parsed->schema, json_adapter{json{}}, nullptr);
  } catch (const std::exception& failure) {
    return fail(failure.what());
  }
  made.compiled_ = std::move(parsed);
  return made;
}

result<void> json_schema::check(const json& value, const std::string& what) const {
  if (!compiled_) return {};
  if (compiled_->matches_texts && has_longer_text(value, max_matched_bytes)) {
    return error{errc::invalid_argument,
                 what + " has a text of more than " + std::to_string(max_matched_bytes) +
                     " bytes, which is not matched against the patterns of its schema"};
  }
  valijson::ValidationResults found;
  bool good = false;
  try {
    good = valijson::Validator{}.validate(compiled_->schema, json_adapter{value}, &found);
  } catch (const std::exception& failure) {
    return error{errc::invalid_argument,
                 what + " cannot be checked against its schema: " + failure.what()};
  }
  if (good) return {};
  error refused{errc::invalid_argument, what + " does not fit its schema"};
  valijson::ValidationResults::Error each;
  while (refused.diagnostics.size() < max_told && found.popError(each)) {
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
