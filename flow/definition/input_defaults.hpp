#pragma once

#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>

namespace pawl::flow {

/// The values that a JSON Schema names as `default` for properties of an object, and of objects in
/// it. Only `properties` are read: not `$ref`, `allOf` and the like, nor the items of arrays.
/// Immutable.
class input_defaults {
 public:
  input_defaults() = default;
  explicit input_defaults(const json& schema);

  /// Adds the properties that an object lacks. Does nothing to other values.
  void fill(json& value) const;

 private:
  struct property {
    std::string name;
    std::optional<json> value;
    std::vector<property> inner;  ///< those of the object that is its value
  };
  static std::vector<property> read(const json& schema);
  static void fill(json& value, const std::vector<property>& properties);

  std::vector<property> properties_;
};

}  // namespace pawl::flow
