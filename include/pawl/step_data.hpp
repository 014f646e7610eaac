#pragma once

#include <memory>
#include <string_view>

#include <pawl/json.hpp>

namespace pawl {

/// The data of a run as the branch of a step sees it: an object that does not change while the step
/// is called. Converts to `const json&`, so a function can take either.
///
/// On a branch it is the data of the run with the branch's writes on top. Both are borrowed; a
/// branch that wrote something copies them into one object when a function asks for the whole.
///
/// A value; copies share what is borrowed. Not thread-safe.
class step_data {
 public:
  /// The empty object.
  step_data() = default;
  explicit step_data(json data) : base_(std::make_shared<const json>(std::move(data))) {}
  /// Both are objects. Null: the empty object.
  explicit step_data(std::shared_ptr<const json> base,
                     std::shared_ptr<const json> writes = nullptr) noexcept;

  /// The value of a top-level key. Null if there is none.
  [[nodiscard]] const json* find(std::string_view key) const;
  /// All data, as one object.
  [[nodiscard]] const json& whole() const { return *share(); }
  [[nodiscard]] const std::shared_ptr<const json>& share() const;
  // NOLINTNEXTLINE(google-explicit-constructor): functions take it as the object that it is.
  operator const json&() const { return whole(); }

 private:
  /// Null: the empty object.
  mutable std::shared_ptr<const json> base_;
  /// Null: none.
  mutable std::shared_ptr<const json> writes_;
};

}  // namespace pawl
