// properties, patternProperties, additionalProperties and propertyNames.

#include <map>
#include <utility>

#include "flow/schema/keywords/keywords.hpp"
#include "flow/schema/validation.hpp"

namespace pawl::flow::schema {
namespace {

struct member_pattern {
  pattern names;
  subschema_index value;
};

class members_keyword final : public keyword {
 public:
  members_keyword(location_index at, std::string path, std::map<std::string, subschema_index> named,
                  std::vector<member_pattern> patterns, std::optional<subschema_index> others)
      : keyword(at, std::move(path)),
        named_(std::move(named)),
        patterns_(std::move(patterns)),
        others_(others) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_object()) return true;
    if (patterns_.empty() && !others_ && named_.size() < value.size())
      return check_named(run, value, at);
    bool valid = true;
    for (auto member = value.begin(); member != value.end(); ++member) {
      if (check_member(run, member.key(), *member, at)) continue;
      valid = false;
      if (!run.is_reporting()) break;
    }
    return valid;
  }

 private:
  /// Visits the named members only.
  bool check_named(validation& run, const json& value, const place& at) const {
    bool valid = true;
    for (const auto& [name, schema] : named_) {
      if (!run.work().take(1 + name.size() / 64)) return false;
      const auto member = value.find(name);
      if (member == value.end() || run.check(schema, *member, {&at, &name, 0})) continue;
      valid = false;
      if (!run.is_reporting()) break;
    }
    return valid;
  }

  bool check_member(validation& run, const std::string& name, const json& value,
                    const place& object) const {
    if (!run.work().take(1 + name.size() / 64)) return false;
    const place at{&object, &name, 0};
    bool is_known = false, valid = true;
    if (const auto known = named_.find(name); known != named_.end()) {
      is_known = true;
      valid = run.check(known->second, value, at);
    }
    for (const auto& each : patterns_) {
      if (!valid && !run.is_reporting()) return false;
      if (!run.work().take(each.names.steps(name.size()))) return false;
      if (!each.names.matches(name)) continue;
      is_known = true;
      valid = run.check(each.value, value, at) && valid;
    }
    if (!is_known && others_) valid = run.check(*others_, value, at);
    return valid;
  }

  std::map<std::string, subschema_index> named_;
  std::vector<member_pattern> patterns_;
  std::optional<subschema_index> others_;
};

class names_keyword final : public keyword {
 public:
  names_keyword(location_index at, std::string path, subschema_index name)
      : keyword(at, std::move(path)), name_(name) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_object()) return true;
    bool valid = true;
    for (auto member = value.begin(); member != value.end(); ++member) {
      if (!run.work().take(4 + member.key().size() / 16)) return false;
      if (run.matches(name_, json(member.key()))) continue;
      valid = run.mismatch(*this, at, [&] {
        return "has the member " + shown(member.key()) +
               ", whose name does not match the schema of \"propertyNames\"";
      });
      if (!run.is_reporting()) break;
    }
    return valid;
  }

 private:
  subschema_index name_;
};

}  // namespace

void add_member_keywords(const keyword_source& source) {
  std::map<std::string, subschema_index> named;
  if (const json* const properties = source.object("properties"))
    for (const auto& [name, schema] : properties->items())
      named.emplace(name, source.child(path_of("properties", name), schema));
  std::vector<member_pattern> patterns;
  if (const json* const properties = source.object("patternProperties")) {
    for (const auto& [text, schema] : properties->items()) {
      const std::string path = path_of("patternProperties", text);
      const auto value = source.child(path, schema);
      if (auto names = source.compile_pattern(path, text))
        patterns.push_back({*std::move(names), value});
    }
  }
  const auto others = source.child("additionalProperties");
  if (!named.empty() || !patterns.empty() || others)
    source.add<members_keyword>("", std::move(named), std::move(patterns), others);
  if (const auto name = source.child("propertyNames"))
    source.add<names_keyword>("/propertyNames", *name);
}

}  // namespace pawl::flow::schema
