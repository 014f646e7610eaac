#pragma once

#include "flow/schema/keyword_source.hpp"

namespace pawl::flow::schema {

// Each adds the keywords of its group that a subschema has.
void add_type_keywords(const keyword_source& source);       // type
void add_value_keywords(const keyword_source& source);      // const, enum
void add_number_keywords(const keyword_source& source);     // minimum, multipleOf, …
void add_string_keywords(const keyword_source& source);     // minLength, pattern, …
void add_format_keywords(const keyword_source& source);     // format
void add_array_keywords(const keyword_source& source);      // items, uniqueItems, …
void add_object_keywords(const keyword_source& source);     // required, dependencies, …
void add_member_keywords(const keyword_source& source);     // properties, patternProperties, …
void add_combining_keywords(const keyword_source& source);  // allOf, not, …
void add_condition_keywords(const keyword_source& source);  // if, then, else
void add_definitions(const keyword_source& source);         // definitions: compiled, not applied
void warn_of_other_dialects(const keyword_source& source);  // what draft 7 ignores

}  // namespace pawl::flow::schema
