#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "flow/logic/value_template.hpp"
#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/variables.hpp"

namespace pawl::flow {

/// The data and metadata of a run, as its branches see and write them.
class run_data {
 public:
  explicit run_data(change_set& changes) : changes_(changes) {}

  /// Sets top-level keys of the data at the request of a caller. Does nothing for an empty object.
  void update(const json& values, const std::string& reason = {});
  void set_metadata(const std::string& key, json value);
  void set_vars(json values);

  /// Writes a top-level key: to the data on the trunk, else to the writes of the token's branch. In
  /// the body of a section, where its token writes, too.
  void write(token& t, const std::string& key, const json& value);
  /// Writes a key that the branch had written before its last `depth` forks, and its section too.
  void restore(token& t, const std::string& key, const json& value, std::uint32_t depth);
  /// Writes a result under the key `into`. Without one, an object is written key by key and any
  /// other value under "result".
  void merge(token& t, const json& result, const std::string& into);
  /// Copies the writes of a branch to a token on a branch that forks from it.
  void inherit(token& child, const token& parent);
  /// Writes what merged branches wrote to the data of the run.
  void write_to_trunk(const std::string& key, const json& value);

  /// Evaluates a rule or a template on the data that the token's branch sees. Errors: those of the
  /// rule; `invalid_argument` or `limit_exceeded` if the value cannot be stored.
  [[nodiscard]] result<json> evaluate(const token& t, const logic::rule& rule) const;
  [[nodiscard]] result<json> evaluate(const token& t, const logic::value_template& value,
                                      own_variables own = {}) const;
  [[nodiscard]] result<bool> test(const token& t, const logic::rule& rule,
                                  own_variables own = {}) const;

  /// Computes what the completed run gives, if its flow says so. Returns the error of the run if
  /// that fails.
  [[nodiscard]] std::optional<run_error> compute_output();

  /// The size that `run.max_state_bytes` limits: data, maps, questions, answers, branch writes and
  /// arguments of compensations.
  [[nodiscard]] std::size_t bytes() const;

 private:
  /// The token of the section in whose body a token is, without a fork between them; else null.
  token* section_around(token& t);
  void set_on_trunk(const std::string& key, const json& value);
  void write_to_branch(token& t, const std::string& key, const json& value);

  change_set& changes_;
};

}  // namespace pawl::flow
