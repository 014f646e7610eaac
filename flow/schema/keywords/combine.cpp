#include <array>
#include <utility>

#include "flow/schema/keywords/keywords.hpp"
#include "flow/schema/validation.hpp"

namespace pawl::flow::schema {
namespace {

/// A keyword that applies a list of subschemas to the same value.
class list_keyword : public keyword {
 public:
  list_keyword(location_index at, std::string path, std::vector<subschema_index> all)
      : keyword(at, std::move(path)), all_(std::move(all)) {}
  void add_in_place(std::vector<subschema_index>& all) const override {
    all.insert(all.end(), all_.begin(), all_.end());
  }

 protected:
  std::vector<subschema_index> all_;
};

class all_of_keyword final : public list_keyword {
 public:
  using list_keyword::list_keyword;

  bool check(validation& run, const json& value, const place& at) const override {
    bool valid = true;
    for (const auto each : all_) {
      if (run.check(each, value, at)) continue;
      valid = false;
      if (!run.is_reporting()) break;
    }
    return valid;
  }
};

class any_of_keyword final : public list_keyword {
 public:
  using list_keyword::list_keyword;

  bool check(validation& run, const json& value, const place& at) const override {
    for (const auto each : all_) {
      if (run.matches(each, value)) return true;
      if (run.work().stopped()) return false;
    }
    return run.mismatch(*this, at, [&] {
      return "must match one of the " + counted(all_.size(), "schema") + " of \"anyOf\"";
    });
  }
};

class one_of_keyword final : public list_keyword {
 public:
  using list_keyword::list_keyword;

  bool check(validation& run, const json& value, const place& at) const override {
    std::array<std::size_t, 2> matching{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < all_.size() && count < matching.size(); ++i) {
      if (run.matches(all_[i], value)) matching[count++] = i;
      if (run.work().stopped()) return false;
    }
    if (count == 1) return true;
    return run.mismatch(*this, at, [&] {
      return "must match exactly one of the " + counted(all_.size(), "schema") +
             " of \"oneOf\"; it matches " +
             (count == 0 ? "none"
                         : "schemas " + std::to_string(matching[0]) + " and " +
                               std::to_string(matching[1]));
    });
  }
};

class not_keyword final : public keyword {
 public:
  not_keyword(location_index at, std::string path, subschema_index what)
      : keyword(at, std::move(path)), what_(what) {}

  bool check(validation& run, const json& value, const place& at) const override {
    const bool matches = run.matches(what_, value);
    if (run.work().stopped()) return false;
    if (!matches) return true;
    return run.mismatch(*this, at,
                        [] { return std::string{"must not match the schema of \"not\""}; });
  }
  void add_in_place(std::vector<subschema_index>& all) const override { all.push_back(what_); }

 private:
  subschema_index what_;
};

template <class Keyword>
void add_list(const keyword_source& source, std::string_view name) {
  if (source.find(name) == nullptr) return;
  if (auto all = source.children(name); !all.empty())
    source.add<Keyword>(path_of(name), std::move(all));
}

}  // namespace

void add_combining_keywords(const keyword_source& source) {
  add_list<all_of_keyword>(source, "allOf");
  add_list<any_of_keyword>(source, "anyOf");
  add_list<one_of_keyword>(source, "oneOf");
  if (const auto what = source.child("not")) source.add<not_keyword>("/not", *what);
}

}  // namespace pawl::flow::schema
