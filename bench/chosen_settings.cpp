#include "bench/chosen_settings.hpp"

#include <vector>

#include "config/keys.hpp"
#include "config/values.hpp"

namespace pawl::bench {
namespace {

std::vector<const config::key*> chosen_keys(const settings& s) {
  const settings defaults;
  std::vector<const config::key*> chosen;
  for (const auto& key : config::keys()) {
    if (key.name == "storage.data_dir" || key.name.starts_with("log.")) continue;
    if (config::to_json(key, s) != config::to_json(key, defaults)) chosen.push_back(&key);
  }
  return chosen;
}

}  // namespace

json chosen_settings(const settings& s) {
  json chosen = json::object();
  for (const auto* key : chosen_keys(s)) chosen[std::string{key->name}] = config::to_json(*key, s);
  return chosen;
}

std::string chosen_settings_file(const settings& s) {
  std::string file;
  for (const auto* key : chosen_keys(s)) {
    if (key->name == "server.listen") continue;
    file += std::string{key->name} + " = " + config::to_toml(*key, s) + "\n";
  }
  return file;
}

}  // namespace pawl::bench
