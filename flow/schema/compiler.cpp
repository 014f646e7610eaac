#include "flow/schema/compiler.hpp"

#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/schema/explosion.hpp"
#include "flow/schema/keywords/keywords.hpp"
#include "flow/schema/keywords/reference.hpp"
#include "flow/schema/meta_schema.hpp"
#include "flow/schema/uri.hpp"
#include "flow/schema/validation.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow::schema {
namespace {

constexpr location_index no_parent = ~location_index{0};

/// Matches nothing, and says why.
class refusal final : public keyword {
 public:
  refusal(location_index at, std::string path, std::string why)
      : keyword(at, std::move(path)), why_(std::move(why)) {}

  bool check(validation& run, const json&, const place& at) const override {
    return run.mismatch(*this, at, [&] { return why_; });
  }

 private:
  std::string why_;
};

std::string unescaped(std::string_view token) {
  std::string plain;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1'))
      plain += token[++i] == '0' ? '~' : '/';
    else
      plain += token[i];
  }
  return plain;
}

/// The member or item of a value that a token of a JSON pointer names; null if there is none.
const json* child_of(const json& value, const std::string& token) {
  if (value.is_object()) {
    const auto found = value.find(token);
    return found == value.end() ? nullptr : &*found;
  }
  const bool is_index = value.is_array() && !token.empty() && token.size() < 9 &&
                        token.find_first_not_of("0123456789") == token.npos;
  if (!is_index) return nullptr;
  const std::size_t index = std::stoul(token);
  return index < value.size() ? &value[index] : nullptr;
}

}  // namespace

compiler::compiler(const json& root, std::string pointer, severity level, pattern_memory& patterns,
                   std::vector<diagnostic>& diagnostics)
    : root_(root),
      pointer_(std::move(pointer)),
      level_(level),
      patterns_(patterns),
      diagnostics_(diagnostics),
      made_(std::make_shared<program>()) {}

std::shared_ptr<const program> compiler::compile() {
  const std::string* const base = keep("");
  documents_.emplace(*base, &root_);
  static_cast<void>(subschema_at(root_, no_parent, "", *base));
  while (!queue_.empty() || !open_.empty()) {
    if (!queue_.empty()) {
      const json* const next = queue_.front();
      queue_.pop_front();
      read(*next);
    } else {
      const auto references = std::exchange(open_, {});
      for (const auto& each : references) resolve(each);
    }
  }
  if (failures_ == 0 || level_ == severity::warning) refuse_explosion();
  if (failures_ > 0 && level_ == severity::error) return nullptr;
  return std::move(made_);
}

subschema_index compiler::subschema_at(const json& source, location_index parent,
                                       const std::string& path, const std::string& base) {
  if (const auto known = known_.find(&source); known != known_.end()) return known->second.index;
  if (made_->subschemas.size() == max_subschemas) {
    if (!std::exchange(is_full_, true))
      fail(0, "", "it has more than " + std::to_string(max_subschemas) + " subschemas");
    return 0;
  }
  const auto at = static_cast<location_index>(made_->locations.size());
  made_->locations.push_back({parent == no_parent ? at : parent, path});
  const auto index = static_cast<subschema_index>(made_->subschemas.size());
  made_->subschemas.push_back({at, {}});
  known_.emplace(&source, known_schema{index, &base});
  queue_.push_back(&source);
  return index;
}

void compiler::read(const json& source) {
  known_schema& known = known_.at(&source);
  if (source.is_object()) return read_object(source, known);
  if (!source.is_boolean())
    return fail(known.index, "",
                "a schema must be an object or a boolean, not " + std::string{source.type_name()});
  if (!source.get<bool>()) {
    const auto at = made_->subschemas[known.index].at;
    add_keyword(known.index, std::make_unique<refusal>(at, "", "is not allowed"));
  }
}

void compiler::read_object(const json& source, known_schema& known) {
  const auto at = made_->subschemas[known.index].at;
  const bool refers = source.contains("$ref");
  if (!refers) read_id(source, known);
  const keyword_source keywords{*this, source, known.index, at, *known.base};
  add_definitions(keywords);
  if (refers) return add_reference(source, known);  // draft 7 ignores what stands beside it
  warn_of_other_dialects(keywords);
  add_type_keywords(keywords);
  add_value_keywords(keywords);
  add_number_keywords(keywords);
  add_string_keywords(keywords);
  add_format_keywords(keywords);
  add_array_keywords(keywords);
  add_object_keywords(keywords);
  add_member_keywords(keywords);
  add_combining_keywords(keywords);
  add_condition_keywords(keywords);
}

void compiler::read_id(const json& source, known_schema& known) {
  const auto id = source.find("$id");
  if (id == source.end()) return;
  if (!id->is_string())
    return fail(known.index, "/$id", "must be a string, not " + std::string{id->type_name()});
  const std::string uri = resolve_uri(*known.base, id->get_ref<const std::string&>());
  const auto [document, fragment] = split_fragment(uri);
  if (!fragment.empty()) anchors_.emplace(uri, &source);
  if (id->get_ref<const std::string&>().starts_with('#')) return;
  documents_.emplace(std::string{document}, &source);
  known.base = keep(std::string{document});
}

void compiler::add_reference(const json& source, const known_schema& known) {
  const json& to = source.at("$ref");
  if (!to.is_string())
    return fail(known.index, "/$ref", "must be a string, not " + std::string{to.type_name()});
  const auto at = made_->subschemas[known.index].at;
  auto made = std::make_unique<reference_keyword>(at, "/$ref");
  open_.push_back({made.get(), known.index, known.base, to.get<std::string>()});
  add_keyword(known.index, std::move(made));
}

void compiler::resolve(const open_reference& reference) {
  const target to = target_of(reference);
  if (to.value == nullptr) return;
  // One that is not known is under a keyword that is not of draft 7, or in the meta-schema.
  reference.from->target = subschema_at(*to.value, to.parent, to.path, *to.base);
}

const json* compiler::document_of(const std::string& uri) {
  if (const auto known = documents_.find(uri); known != documents_.end()) return known->second;
  return uri == meta_schema_uri ? &meta_schema() : nullptr;
}

compiler::target compiler::target_of(const open_reference& reference) {
  const auto uri = resolve_uri(*reference.base, reference.target);
  const auto [document, fragment] = split_fragment(uri);
  const json* const found = document_of(std::string{document});
  if (found == nullptr) {
    fail(reference.in, "/$ref",
         "a \"$ref\" must point into the same schema (\"#/...\"); references to other documents "
         "are not fetched (" +
             pawl::quoted(uri) + ")");
    return {};
  }
  const std::string pointer = percent_decoded(fragment);
  if (pointer.empty() || pointer.front() == '/') return walk(*found, reference, pointer);
  if (const auto anchor = anchors_.find(uri); anchor != anchors_.end())
    return walk(*anchor->second, reference, "");
  fail(reference.in, "/$ref",
       "no \"$id\" of the schema is " + pawl::quoted("#" + std::string{fragment}));
  return {};
}

compiler::target compiler::walk(const json& document, const open_reference& reference,
                                const std::string& pointer) {
  target at{&document, nullptr, no_parent, ""};
  enter(at);
  if (at.base == nullptr) {  // the meta-schema
    at.path = meta_schema_uri;
    at.base = keep(at.path);
  }
  for (std::size_t from = pointer.empty() ? pointer.npos : 0; from != pointer.npos;) {
    const std::size_t to = pointer.find('/', from + 1);
    const std::string token = unescaped(pointer.substr(from + 1, to - from - 1));
    at.value = child_of(*at.value, token);
    if (at.value == nullptr) {
      fail(reference.in, "/$ref", pawl::quoted(reference.target) + " points to nothing");
      return {};
    }
    at.path += child_pointer("", token);
    enter(at);
    from = to;
  }
  return at;
}

void compiler::enter(target& at) const {
  const auto known = known_.find(at.value);
  if (known == known_.end()) return;
  at.base = known->second.base;
  at.parent = made_->subschemas[known->second.index].at;
  at.path.clear();
}

const std::string* compiler::keep(std::string uri) {
  bases_.push_back(std::make_unique<const std::string>(std::move(uri)));
  return bases_.back().get();
}

void compiler::add_keyword(subschema_index to, std::unique_ptr<const keyword> made) {
  made_->subschemas[to].keywords.push_back(std::move(made));
}

void compiler::fail(subschema_index in, const std::string& path, std::string message) {
  const auto at = made_->subschemas[in].at;
  if (++failures_ <= max_failures) {
    diagnostics_.push_back({level_, pointer_ + made_->pointer_to(at) + path, "bad_schema",
                            "invalid JSON Schema: " + message});
  }
  add_keyword(in, std::make_unique<refusal>(
                      at, path, "cannot be checked, because its schema is invalid: " + message));
}

void compiler::warn(location_index at, const std::string& path, std::string code,
                    std::string message) {
  diagnostics_.push_back({severity::warning, pointer_ + made_->pointer_to(at) + path,
                          std::move(code), std::move(message)});
}

void compiler::refuse_explosion() {
  if (is_within_limit(*made_)) return;
  // Nothing of it can be evaluated, not even for a stored flow.
  const auto at = made_->subschemas.front().at;
  made_->subschemas.clear();
  made_->subschemas.push_back({at, {}});
  fail(0, "", "its references are circular, or expand to too many subschemas");
}

}  // namespace pawl::flow::schema
