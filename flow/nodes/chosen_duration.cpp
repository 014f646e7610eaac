#include "flow/nodes/chosen_duration.hpp"

#include <pawl/code_ref.hpp>

#include "flow/machine/variables.hpp"
#include "flow/values/duration.hpp"

namespace pawl::flow {

chosen_duration::chosen_duration(const data_reader& data, std::string_view key) : key_(key) {
  const json* const value = data.find(key);
  if (value != nullptr && value->is_object())
    rule_ = data.duration_rule(key);
  else
    written_ = data.duration(key).value_or(std::chrono::milliseconds{0});
}

result<std::chrono::milliseconds> chosen_duration::choose(const run_state& run, const token& t,
                                                          const std::string& node) const {
  if (!rule_) return written_;
  const rule_variables variables{run, t, node};
  const auto value = rule_->evaluate(variables.get());
  if (!value) return value.error();
  const auto length = duration_of(*value);
  if (length && length->count() > 0) return *length;
  return error{
      errc::invalid_argument,
      pawl::quoted(key_) + " " + (length ? "must be more than 0" : why_no_duration(*value))};
}

}  // namespace pawl::flow
