#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include <pawl/callback.hpp>
#include <pawl/detail/scope_ref.hpp>
#include <pawl/ids.hpp>
#include <pawl/result.hpp>

namespace pawl {

class scope;

/// Selects a page of scopes, in the order of their names.
struct scope_list_options {
  std::size_t limit = 100;  ///< 1 to 1000
  std::string after = {};   ///< `scope_page::next` of the previous page
};

struct scope_page {
  std::vector<scope_name> scopes;
  std::string next;  ///< the last name, if there are more; empty on the last page
};

/// The scopes of an engine. A handle: cheap to copy, safe for concurrent use, and valid after the
/// engine has stopped (every call then fails with `unavailable`).
class engine_scopes {
 public:
  /// `any`: any scope of the engine.
  explicit engine_scopes(const scope& any);

  /// Returns the scopes in which a flow or a run was stored, and the default scope. A scope needs
  /// no creation, so others can be used, too. Errors: `invalid_argument` (limit).
  [[nodiscard]] result<scope_page> list(const scope_list_options& how = {}) const;
  void list_async(const scope_list_options& how, callback<scope_page> done,
                  std::stop_token withdrawn = {}) const;

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
