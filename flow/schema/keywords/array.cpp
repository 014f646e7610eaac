#include <utility>

#include "flow/schema/equality.hpp"
#include "flow/schema/keywords/keywords.hpp"
#include "flow/schema/validation.hpp"

namespace pawl::flow::schema {
namespace {

class item_count_keyword final : public keyword {
 public:
  item_count_keyword(location_index at, std::string path, bool is_maximum, std::uint64_t limit)
      : keyword(at, std::move(path)), is_maximum_(is_maximum), limit_(limit) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_array()) return true;
    if (is_maximum_ ? value.size() <= limit_ : value.size() >= limit_) return true;
    return run.mismatch(*this, at, [&] {
      return std::string{is_maximum_ ? "must have at most " : "must have at least "} +
             counted(limit_, "item") + ", not " + std::to_string(value.size());
    });
  }

 private:
  bool is_maximum_;
  std::uint64_t limit_;
};

/// `items` and `additionalItems`.
class items_keyword final : public keyword {
 public:
  items_keyword(location_index at, std::string path, std::vector<subschema_index> first,
                std::optional<subschema_index> rest)
      : keyword(at, std::move(path)), first_(std::move(first)), rest_(rest) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_array()) return true;
    bool valid = true;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i >= first_.size() && !rest_) break;
      if (run.check(i < first_.size() ? first_[i] : *rest_, value[i], {&at, nullptr, i})) continue;
      valid = false;
      if (!run.is_reporting()) break;
    }
    return valid;
  }

 private:
  std::vector<subschema_index> first_;
  std::optional<subschema_index> rest_;
};

class contains_keyword final : public keyword {
 public:
  contains_keyword(location_index at, std::string path, subschema_index item)
      : keyword(at, std::move(path)), item_(item) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_array()) return true;
    for (const json& item : value) {
      if (run.matches(item_, item)) return true;
      if (run.work().stopped()) return false;
    }
    return run.mismatch(*this, at, [] {
      return std::string{"must have an item that matches the schema of \"contains\""};
    });
  }

 private:
  subschema_index item_;
};

class unique_keyword final : public keyword {
 public:
  using keyword::keyword;

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_array()) return true;
    const auto equal = find_duplicate(value, run.work());
    if (run.work().stopped()) return false;
    if (!equal) return true;
    return run.mismatch(*this, at, [&] {
      return "must have different items; items " + std::to_string(equal->first) + " and " +
             std::to_string(equal->second) + " are equal";
    });
  }
};

void add_items(const keyword_source& source) {
  const json* const items = source.find("items");
  if (items == nullptr) {
    // Without `items` it has no effect, but must be a schema.
    static_cast<void>(source.child("additionalItems"));
  } else if (items->is_array()) {
    auto first = source.children("items");
    const auto rest = source.child("additionalItems");
    source.add<items_keyword>("/items", std::move(first), rest);
  } else {
    source.add<items_keyword>("/items", std::vector<subschema_index>{}, source.child("items"));
    static_cast<void>(source.child("additionalItems"));
  }
}

}  // namespace

void add_array_keywords(const keyword_source& source) {
  if (const auto least = source.count("minItems"))
    source.add<item_count_keyword>("/minItems", false, *least);
  if (const auto most = source.count("maxItems"))
    source.add<item_count_keyword>("/maxItems", true, *most);
  add_items(source);
  if (const auto item = source.child("contains")) source.add<contains_keyword>("/contains", *item);
  const json* const unique = source.find("uniqueItems");
  if (unique == nullptr) return;
  if (!unique->is_boolean())
    return source.fail("/uniqueItems", "must be a boolean, not " + shown(*unique));
  if (unique->get<bool>()) source.add<unique_keyword>("/uniqueItems");
}

}  // namespace pawl::flow::schema
