#include "functions/registry.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

namespace pawl::functions {
namespace {

constexpr std::size_t max_listed = 10;

error reserved(std::string_view code_ref) {
  return {errc::invalid_argument, "cannot register or remove the function " +
                                      pawl::quoted(code_ref) + ": names that begin with \"" +
                                      std::string{built_in_prefix} +
                                      "\" are reserved for built-in functions"};
}

/// The error for an unknown function, with the names that the caller may have meant.
error missing(std::string_view code_ref, const std::vector<function_ptr>& seen) {
  std::vector<std::string_view> names;
  for (const auto& function : seen) names.emplace_back(function->code_ref);
  auto text = "no such function: " + pawl::quoted(code_ref);
  if (const auto near = nearest(code_ref, names))
    return {errc::not_found, text + "; did you mean " + pawl::quoted(*near) + "?"};
  text += names.empty() ? "; none is registered" : "; registered: ";
  for (std::size_t i = 0; i < std::min(names.size(), max_listed); ++i)
    text += (i == 0 ? "" : ", ") + std::string{names[i]};
  if (names.size() > max_listed)
    text += " and " + std::to_string(names.size() - max_listed) + " more";
  return {errc::not_found, std::move(text)};
}

result<void> check_built_in(std::string_view code_ref) {
  if (auto good = check_code_ref(code_ref); !good) return good;
  if (code_ref.starts_with(built_in_prefix)) return {};
  return error{errc::invalid_argument, "the built-in function " + pawl::quoted(code_ref) +
                                           " needs a name that begins with \"" +
                                           std::string{built_in_prefix} + "\""};
}

}  // namespace

result<void> registry::add(const scope_name& scope, std::string_view code_ref, step_function body,
                           function_options options) {
  if (auto good = check_code_ref(code_ref); !good) return good;
  if (code_ref.starts_with(built_in_prefix)) return reserved(code_ref);
  return insert(&scope, {std::string{code_ref}, std::move(body), std::move(options)});
}

result<void> registry::add_built_in(std::string_view code_ref, step_function body,
                                    function_options options) {
  if (auto good = check_built_in(code_ref); !good) return good;
  return insert(nullptr, {std::string{code_ref}, std::move(body), std::move(options), true});
}

result<void> registry::add_built_in(std::string_view code_ref, asynchronous_function begin,
                                    function_options options, asynchronous_cost cost) {
  if (auto good = check_built_in(code_ref); !good) return good;
  return insert(nullptr,
                {std::string{code_ref}, nullptr, std::move(options), true, std::move(begin), cost});
}

result<void> registry::insert(const scope_name* scope, registered_function made) {
  if (!made.body && !made.begin) {
    return error{errc::invalid_argument,
                 "the function for " + pawl::quoted(made.code_ref) + " is empty; pass a callable"};
  }
  const bool replace = made.options.replace;
  if (made.options.pure) {
    made.options.run_inline = true;
    has_pure_.store(true, std::memory_order_relaxed);
  }
  auto added = std::make_shared<const registered_function>(std::move(made));
  // Destroyed after the lock is released: a callable's destructor is foreign code.
  function_ptr replaced;
  const std::unique_lock lock{mutex_};
  table& functions = scope == nullptr ? built_ins_ : scopes_[scope->str()];
  const auto [place, is_new] = functions.try_emplace(added->code_ref, added);
  if (is_new) return {};
  if (!replace) {
    return error{errc::already_exists, "the function " + pawl::quoted(added->code_ref) +
                                           " is already registered; set function_options::replace "
                                           "to replace it"};
  }
  replaced = std::exchange(place->second, std::move(added));
  return {};
}

result<void> registry::remove(const scope_name& scope, std::string_view code_ref) {
  if (code_ref.starts_with(built_in_prefix)) return reserved(code_ref);
  function_ptr removed;  // destroyed after the lock is released
  {
    const std::unique_lock lock{mutex_};
    if (const auto functions = scopes_.find(scope.str()); functions != scopes_.end()) {
      if (const auto found = functions->second.find(code_ref); found != functions->second.end()) {
        removed = std::move(found->second);
        functions->second.erase(found);
        if (functions->second.empty()) scopes_.erase(functions);
      }
    }
  }
  if (removed) return {};
  return missing(code_ref, list(scope));
}

function_ptr registry::find_or_null(const scope_name& scope, std::string_view code_ref) const {
  const std::shared_lock lock{mutex_};
  const table* functions = &built_ins_;
  if (!code_ref.starts_with(built_in_prefix)) {
    const auto own = scopes_.find(scope.str());
    if (own == scopes_.end()) return nullptr;
    functions = &own->second;
  }
  const auto found = functions->find(code_ref);
  return found == functions->end() ? nullptr : found->second;
}

result<function_ptr> registry::find(const scope_name& scope, std::string_view code_ref) const {
  if (auto found = find_or_null(scope, code_ref)) return found;
  // Registered names have passed this check, so only a miss needs it.
  if (auto good = check_code_ref(code_ref); !good) return std::move(good).error();
  return missing(code_ref, list(scope));
}

std::vector<function_ptr> registry::list(const scope_name& scope) const {
  std::vector<function_ptr> all;
  {
    const std::shared_lock lock{mutex_};
    for (const auto& [name, function] : built_ins_) all.push_back(function);
    if (const auto own = scopes_.find(scope.str()); own != scopes_.end())
      for (const auto& [name, function] : own->second) all.push_back(function);
  }
  std::sort(all.begin(), all.end(), [](const function_ptr& left, const function_ptr& right) {
    return left->code_ref < right->code_ref;
  });
  return all;
}

}  // namespace pawl::functions
