#include "persistence/run_scopes.hpp"

#include <utility>

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"

namespace pawl::persistence {

result<std::string> run_scopes::find(std::string_view record) {
  if (record.size() < keys::run_hash_bytes) return std::string{};
  const std::string_view hash = record.substr(0, keys::run_hash_bytes);
  if (!scope_.empty() && hash == hash_) return scope_;  // the records of a run follow each other
  auto scope = read(hash);
  if (!scope) return scope;
  hash_.assign(hash);
  scope_ = *std::move(scope);
  return scope_;
}

result<std::string> run_scopes::read(std::string_view hash) const {
  const auto input = from_.get(column::checkpoints, keys::input(hash));
  if (!input) return input.error();
  if (*input)
    if (const auto decoded = decode_input(**input)) return decoded->key.scope.str();
  const auto state = from_.get(column::checkpoints, keys::state(hash));
  if (!state) return state.error();
  if (*state)
    if (const auto decoded = decode_state(**state)) return decoded->key.scope.str();
  return std::string{};
}

}  // namespace pawl::persistence
