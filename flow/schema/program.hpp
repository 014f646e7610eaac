#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/json.hpp>

namespace pawl::flow::schema {

class validation;
class keyword;

using subschema_index = std::uint32_t;
using location_index = std::uint32_t;

/// A place in a value: a chain to its root, on the stack of the validation.
struct place {
  const place* parent = nullptr;     ///< null: the root
  const std::string* key = nullptr;  ///< null: `index` counts
  std::size_t index = 0;
};

/// A place in a schema. The pointer of one is put together when a message needs it.
struct location {
  location_index parent;  ///< its own index: a root
  std::string path;       ///< JSON pointer from the parent
};

struct subschema {
  location_index at;
  std::vector<std::unique_ptr<const keyword>> keywords;  ///< all must hold
};

/// A compiled schema. Immutable; safe for concurrent use.
struct program {
  std::vector<location> locations;
  std::vector<subschema> subschemas;  ///< the first is the root

  [[nodiscard]] std::string pointer_to(location_index at) const;
};

/// A condition on a value.
class keyword {
 public:
  keyword(location_index at, std::string path) : at_(at), path_(std::move(path)) {}
  virtual ~keyword() = default;
  keyword(const keyword&) = delete;
  keyword& operator=(const keyword&) = delete;

  /// Whether the value matches. Reports each mismatch with `validation::mismatch`.
  [[nodiscard]] virtual bool check(validation& run, const json& value, const place& at) const = 0;
  /// The subschemas that it applies to the same value, not to a part of it.
  virtual void add_in_place(std::vector<subschema_index>& all) const;

  /// JSON pointer to the keyword in its schema.
  [[nodiscard]] std::string pointer(const program& in) const;

 private:
  location_index at_;
  std::string path_;
};

}  // namespace pawl::flow::schema
