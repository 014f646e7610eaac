#include <utility>

#include "flow/schema/keywords/keywords.hpp"
#include "flow/schema/validation.hpp"

namespace pawl::flow::schema {
namespace {

/// The steps of a look-up by name.
std::uint64_t steps_to_find(const std::string& name) {
  return 1 + name.size() / 64;
}

class member_count_keyword final : public keyword {
 public:
  member_count_keyword(location_index at, std::string path, bool is_maximum, std::uint64_t limit)
      : keyword(at, std::move(path)), is_maximum_(is_maximum), limit_(limit) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_object()) return true;
    if (is_maximum_ ? value.size() <= limit_ : value.size() >= limit_) return true;
    return run.mismatch(*this, at, [&] {
      return std::string{is_maximum_ ? "must have at most " : "must have at least "} +
             counted(limit_, "member") + ", not " + std::to_string(value.size());
    });
  }

 private:
  bool is_maximum_;
  std::uint64_t limit_;
};

/// A missing member is reported at its own place.
class required_keyword final : public keyword {
 public:
  required_keyword(location_index at, std::string path, std::vector<std::string> names)
      : keyword(at, std::move(path)), names_(std::move(names)) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_object()) return true;
    bool valid = true;
    for (const auto& name : names_) {
      if (!run.work().take(steps_to_find(name))) return false;
      if (value.contains(name)) continue;
      valid = run.mismatch(*this, place{&at, &name}, [] { return std::string{"is required"}; });
      if (!run.is_reporting()) break;
    }
    return valid;
  }

 private:
  std::vector<std::string> names_;
};

/// One member of `dependencies`, whose value is a list of names.
class needs_members_keyword final : public keyword {
 public:
  needs_members_keyword(location_index at, std::string path, std::string name,
                        std::vector<std::string> needed)
      : keyword(at, std::move(path)), name_(std::move(name)), needed_(std::move(needed)) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_object()) return true;
    if (!run.work().take(steps_to_find(name_))) return false;
    if (!value.contains(name_)) return true;
    bool valid = true;
    for (const auto& name : needed_) {
      if (!run.work().take(steps_to_find(name))) return false;
      if (value.contains(name)) continue;
      valid = run.mismatch(*this, place{&at, &name},
                           [&] { return "is required, because there is " + shown(name_); });
      if (!run.is_reporting()) break;
    }
    return valid;
  }

 private:
  std::string name_;
  std::vector<std::string> needed_;
};

/// One member of `dependencies`, whose value is a schema.
class needs_schema_keyword final : public keyword {
 public:
  needs_schema_keyword(location_index at, std::string path, std::string name,
                       subschema_index needed)
      : keyword(at, std::move(path)), name_(std::move(name)), needed_(needed) {}

  bool check(validation& run, const json& value, const place& at) const override {
    if (!value.is_object()) return true;
    if (!run.work().take(steps_to_find(name_))) return false;
    return !value.contains(name_) || run.check(needed_, value, at);
  }
  void add_in_place(std::vector<subschema_index>& all) const override { all.push_back(needed_); }

 private:
  std::string name_;
  subschema_index needed_;
};

}  // namespace

void add_object_keywords(const keyword_source& source) {
  if (const auto least = source.count("minProperties"))
    source.add<member_count_keyword>("/minProperties", false, *least);
  if (const auto most = source.count("maxProperties"))
    source.add<member_count_keyword>("/maxProperties", true, *most);
  if (const json* const names = source.array("required"))
    source.add<required_keyword>("/required", source.names("/required", *names));
  const json* const dependencies = source.object("dependencies");
  if (dependencies == nullptr) return;
  for (const auto& [name, needed] : dependencies->items()) {
    const std::string path = path_of("dependencies", name);
    if (needed.is_array())
      source.add<needs_members_keyword>(path, name, source.names(path, needed));
    else
      source.add<needs_schema_keyword>(path, name, source.child(path, needed));
  }
}

}  // namespace pawl::flow::schema
