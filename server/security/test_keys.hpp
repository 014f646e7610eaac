#pragma once

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "server/security/keys.hpp"

namespace pawl::testing {

inline const time_point key_creation_time = from_unix_us(1'700'000'000'000'000);

inline server::new_key made_key(const std::string& name, server::role role = server::role::reader,
                                std::vector<std::string> scopes = {"default"},
                                std::optional<std::chrono::milliseconds> lifetime = {}) {
  auto made = server::make_key({name, role, std::move(scopes), lifetime, key_creation_time});
  if (!made) throw std::runtime_error{made.error().message};
  return *std::move(made);
}

/// A temporary folder for a key file.
struct keys_folder {
  std::filesystem::path path;
  std::filesystem::path file;

  keys_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "pawl-keys-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
    path = name;
    file = path / "keys.json";
  }
  keys_folder(const keys_folder&) = delete;
  keys_folder& operator=(const keys_folder&) = delete;
  ~keys_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  server::new_key add(const std::string& name, server::role role = server::role::reader,
                      std::vector<std::string> scopes = {"default"},
                      std::optional<std::chrono::milliseconds> lifetime = {}) const {
    auto made = made_key(name, role, std::move(scopes), lifetime);
    change([&](auto& keys) { keys.push_back(made.stored); });
    return made;
  }
  void remove(const std::string& name) const {
    change([&](auto& keys) {
      std::erase_if(keys, [&](const server::stored_key& key) { return key.name == name; });
    });
  }
  template <class How>
  void change(How how) const {
    const auto changed = server::change_keys(file, [&](std::vector<server::stored_key>& keys) {
      how(keys);
      return result<void>{};
    });
    if (!changed) throw std::runtime_error{changed.error().message};
  }
};

}  // namespace pawl::testing
