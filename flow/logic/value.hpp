#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/json.hpp>

#include "flow/logic/number.hpp"

namespace pawl::flow::logic {

/// The kind of a value. Numbers have three forms, arrays two, objects four.
enum class kind : std::uint8_t {
  undefined,  ///< undefined in JavaScript: an absent argument or variable
  null,
  boolean,
  integer,
  natural,
  real,
  text,
  array,   ///< a stored JSON array
  list,    ///< an array that this evaluation built
  object,  ///< a stored JSON object
  frame,   ///< the object {"current", "accumulator"} of a reduce body
  layers,  ///< the object of all layers of the variables
  record,  ///< an object that this evaluation built
};

struct frame;
struct member;

/// A value during an evaluation: a scalar, or a reference to a string, array or object, which a
/// copy does not copy. References are valid as long as the evaluation, its data and its rule.
class value {
 public:
  constexpr value() noexcept = default;
  static value null() noexcept { return value{kind::null}; }
  /// What a template leaves out. To operators it is undefined.
  static value omitted() noexcept {
    value made;
    made.size_ = 1;
    return made;
  }
  static value layers() noexcept { return value{kind::layers}; }
  static value boolean(bool b) noexcept {
    value made{kind::boolean};
    made.boolean_ = b;
    return made;
  }
  static value of(number n) noexcept;
  static value text(std::string_view t) noexcept {
    value made{kind::text};
    made.text_ = t.data();
    made.size_ = t.size();
    return made;
  }
  /// `depth`: nesting of lists and frames, this one included.
  static value list(const value* items, std::size_t size, std::uint32_t depth) noexcept {
    value made{kind::list};
    made.items_ = items;
    made.size_ = size;
    made.depth_ = depth;
    return made;
  }
  static value framed(const frame& f, std::uint32_t depth) noexcept {
    value made{kind::frame};
    made.frame_ = &f;
    made.depth_ = depth;
    return made;
  }
  /// `members`: sorted by key, each key once. `depth`: as that of `list`.
  static value record(const member* members, std::size_t size, std::uint32_t depth) noexcept {
    value made{kind::record};
    made.members_ = members;
    made.size_ = size;
    made.depth_ = depth;
    return made;
  }
  /// Refers to `stored`, which must outlive the value.
  static value of(const json& stored) noexcept;

  [[nodiscard]] kind what() const noexcept { return kind_; }
  [[nodiscard]] bool is_undefined() const noexcept { return kind_ == kind::undefined; }
  [[nodiscard]] bool is_omitted() const noexcept { return is_undefined() && size_ == 1; }
  [[nodiscard]] bool is_absent() const noexcept { return kind_ <= kind::null; }
  [[nodiscard]] bool is_boolean() const noexcept { return kind_ == kind::boolean; }
  [[nodiscard]] bool is_number() const noexcept {
    return kind_ >= kind::integer && kind_ <= kind::real;
  }
  [[nodiscard]] bool is_text() const noexcept { return kind_ == kind::text; }
  [[nodiscard]] bool is_array() const noexcept {
    return kind_ == kind::array || kind_ == kind::list;
  }
  [[nodiscard]] bool is_object() const noexcept { return kind_ >= kind::object; }
  [[nodiscard]] bool is_scalar() const noexcept { return kind_ < kind::array; }

  // Call each only for its kind.
  [[nodiscard]] bool as_boolean() const noexcept { return boolean_; }
  [[nodiscard]] number as_number() const noexcept;
  [[nodiscard]] std::string_view as_text() const noexcept { return {text_, size_}; }
  [[nodiscard]] const json& as_stored() const noexcept { return *stored_; }
  [[nodiscard]] const frame& as_frame() const noexcept { return *frame_; }
  /// The members of a record, `size()` in all.
  [[nodiscard]] const member* members() const noexcept { return members_; }

  /// Nesting of built arrays and objects in the value; 0 for stored JSON of any depth.
  [[nodiscard]] std::uint32_t depth() const noexcept { return depth_; }

  /// The size and items of an array of either form.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] value operator[](std::size_t i) const noexcept;

  /// Whether both refer to the same array or object: equality of these in JavaScript.
  [[nodiscard]] bool same_place(const value& other) const noexcept;

 private:
  constexpr explicit value(kind k) noexcept : kind_(k) {}

  kind kind_ = kind::undefined;
  std::uint32_t depth_ = 0;
  union {
    bool boolean_;
    std::int64_t integer_;
    std::uint64_t natural_ = 0;
    double real_;
    const char* text_;
    const json* stored_;
    const value* items_;
    const frame* frame_;
    const member* members_;
  };
  std::size_t size_ = 0;
};

/// The data of the body of a reduce.
struct frame {
  value current;
  value accumulator;
};

/// A member of a record. Its key lives as long as the evaluation.
struct member {
  std::string_view key;
  value what;
};

inline value value::of(number n) noexcept {
  value made;
  switch (n.what()) {
    case number::form::integer:
      made.kind_ = kind::integer;
      made.integer_ = n.as_integer();
      break;
    case number::form::natural:
      made.kind_ = kind::natural;
      made.natural_ = n.as_natural();
      break;
    case number::form::real:
      made.kind_ = kind::real;
      made.real_ = n.as_double();
      break;
  }
  return made;
}

inline number value::as_number() const noexcept {
  switch (kind_) {
    case kind::integer:
      return number::integer(integer_);
    case kind::natural:
      return number::natural(natural_);
    default:
      return number::real(real_);
  }
}

inline value value::of(const json& stored) noexcept {
  value made;
  switch (stored.type()) {
    case json::value_t::null:
    case json::value_t::discarded:
      return null();
    case json::value_t::boolean:
      return boolean(*stored.get_ptr<const json::boolean_t*>());
    case json::value_t::number_integer:
      return of(number::integer(*stored.get_ptr<const json::number_integer_t*>()));
    case json::value_t::number_unsigned:
      return of(number::natural(*stored.get_ptr<const json::number_unsigned_t*>()));
    case json::value_t::number_float:
      return of(number::real(*stored.get_ptr<const json::number_float_t*>()));
    case json::value_t::string:
      return text(*stored.get_ptr<const std::string*>());
    case json::value_t::array:
      made.kind_ = kind::array;
      made.size_ = stored.get_ptr<const json::array_t*>()->size();
      break;
    case json::value_t::object:
    case json::value_t::binary:  // opaque: a rule can pass it on but not read it
      made.kind_ = kind::object;
      break;
  }
  made.stored_ = &stored;
  return made;
}

inline value value::operator[](std::size_t i) const noexcept {
  return kind_ == kind::list ? items_[i] : of((*stored_->get_ptr<const json::array_t*>())[i]);
}

inline bool value::same_place(const value& other) const noexcept {
  if (kind_ != other.kind_) return false;
  switch (kind_) {
    case kind::array:
    case kind::object:
      return stored_ == other.stored_;
    case kind::list:
      return items_ == other.items_ && size_ > 0;
    case kind::frame:
      return frame_ == other.frame_;
    case kind::record:
      return members_ == other.members_ && size_ > 0;
    default:
      return kind_ == kind::layers;
  }
}

/// Truthiness, like `truthy(const json&)`.
[[nodiscard]] inline bool truthy(const value& v) noexcept {
  switch (v.what()) {
    case kind::undefined:
    case kind::null:
      return false;
    case kind::boolean:
      return v.as_boolean();
    case kind::integer:
    case kind::natural:
    case kind::real: {
      const double x = v.as_number().as_double();
      return x != 0 && x == x;
    }
    case kind::text:
    case kind::array:
    case kind::list:
      return v.size() > 0;
    default:
      return true;
  }
}

}  // namespace pawl::flow::logic
