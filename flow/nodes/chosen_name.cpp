#include "flow/nodes/chosen_name.hpp"

#include <algorithm>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/machine/variables.hpp"
#include "flow/values/error_text.hpp"

namespace pawl::flow {
chosen_name::chosen_name(const data_reader& data, std::string_view key, const char* problem,
                         const checker& check, std::string_view allow)
    : key_(key), allow_(allow) {
  const auto check_one = [&](std::string_view at, const std::string& name) {
    if (const auto valid = check(name); !valid) data.fail(at, problem, valid.error().message);
  };
  const json* const written = data.find(key);
  if (written == nullptr || !(written->is_object() || logic::is_computed(*written))) {
    if (auto name = data.text(key, true)) {
      check_one(key, *name);
      possible_.push_back(*std::move(name));
    }
    if (data.find(allow) != nullptr)
      data.fail(allow, "contradiction",
                pawl::quoted(allow) + " lists the values of a computed " + pawl::quoted(key) +
                    ", but this one is not computed");
    return;
  }
  if (!logic::is_computed(*written)) {
    data.fail(key, "wrong_type",
              pawl::quoted(key) + " must be a string, or a rule that returns one");
    return;
  }
  rule_ = data.value(key, true);
  possible_ = data.texts(allow);
  const json* const allowed = data.find(allow);
  if (allowed == nullptr || (allowed->is_array() && allowed->empty()))
    data.fail(allow, "missing_key",
              "a computed " + pawl::quoted(key) + " needs " + pawl::quoted(allow) +
                  ": the names that it can be");
  for (const auto& name : possible_) check_one(allow, name);
}

result<std::string> chosen_name::choose(const run_state& run, const token& t,
                                        const std::string& node) const {
  if (!rule_) return possible_.front();
  const rule_variables variables{run, t, node};
  auto made = rule_->evaluate(variables.get());
  if (!made) return std::move(made).error();
  const auto* const name = made->get_ptr<const std::string*>();
  if (name != nullptr && std::find(possible_.begin(), possible_.end(), *name) != possible_.end())
    return *name;
  return error{errc::invalid_argument,
               "the rule of \"" + key_ + "\" returned " + value_text(*made) + ", which " +
                   pawl::quoted(allow_) + " does not list",
               "name_not_allowed"};
}

}  // namespace pawl::flow
