#include <array>

#include "flow/schema/keywords/keywords.hpp"
#include "flow/schema/validation.hpp"

namespace pawl::flow::schema {
namespace {

/// Keywords of other drafts, which draft 7 ignores, and what to write instead.
struct other_keyword {
  std::string_view name;
  std::string_view instead;
};

constexpr std::array<other_keyword, 11> other_keywords = {
    {{"prefixItems", "an array under \"items\""},
     {"unevaluatedItems", "\"additionalItems\""},
     {"unevaluatedProperties", "\"additionalProperties\""},
     {"dependentRequired", "\"dependencies\""},
     {"dependentSchemas", "\"dependencies\""},
     {"minContains", "\"contains\""},
     {"maxContains", "\"contains\""},
     {"$anchor", "\"$id\": \"#name\""},
     {"$dynamicRef", "\"$ref\""},
     {"$recursiveRef", "\"$ref\""},
     {"extends", "\"allOf\""}}};

}  // namespace

void warn_of_other_dialects(const keyword_source& source) {
  for (const auto& other : other_keywords) {
    if (source.schema().find(other.name) == source.schema().end()) continue;
    source.warn(path_of(other.name), "ignored_keyword",
                "\"" + std::string{other.name} +
                    "\" is not a keyword of JSON Schema draft 7 and is ignored; write " +
                    std::string{other.instead});
  }
  const json* const dialect = source.find("$schema");
  if (dialect == nullptr) return;
  const bool is_draft_7 =
      dialect->is_string() &&
      dialect->get_ref<const std::string&>().find("json-schema.org/draft-07/") != std::string::npos;
  if (!is_draft_7) {
    source.warn("/$schema", "ignored_keyword",
                "the schema is read as JSON Schema draft 7, whatever \"$schema\" names (" +
                    shown(*dialect) + ")");
  }
}

}  // namespace pawl::flow::schema
