#include <utility>

#include "flow/schema/keywords/keywords.hpp"
#include "flow/schema/validation.hpp"

namespace pawl::flow::schema {
namespace {

/// `if`, `then` and `else`.
class if_keyword final : public keyword {
 public:
  if_keyword(location_index at, std::string path, subschema_index condition,
             std::optional<subschema_index> then, std::optional<subschema_index> otherwise)
      : keyword(at, std::move(path)), condition_(condition), then_(then), otherwise_(otherwise) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!then_ && !otherwise_) return true;
    const auto next = run.matches(condition_, value) ? then_ : otherwise_;
    if (run.work().stopped()) return false;
    return !next || run.check(*next, value, at);
  }
  void add_in_place(std::vector<subschema_index>& all) const override {
    all.push_back(condition_);
    if (then_) all.push_back(*then_);
    if (otherwise_) all.push_back(*otherwise_);
  }

 private:
  subschema_index condition_;
  std::optional<subschema_index> then_, otherwise_;
};

}  // namespace

void add_condition_keywords(const keyword_source& source) {
  const auto condition = source.child("if");
  const auto then = source.child("then");
  const auto otherwise = source.child("else");
  if (condition) source.add<if_keyword>("/if", *condition, then, otherwise);
}

void add_definitions(const keyword_source& source) {
  for (const std::string_view name : {"definitions", "$defs"})
    if (const json* const all = source.object(name))
      for (const auto& [key, schema] : all->items())
        static_cast<void>(source.child(path_of(name, key), schema));
}

}  // namespace pawl::flow::schema
