#include <algorithm>

#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/text.hpp"
#include "server/security/keys.hpp"

namespace pawl::cli {
namespace {

struct keys_options {
  std::string name;  ///< `rm` takes an id as well
  std::string role;
  std::vector<std::string> scopes;
  std::optional<std::string> expires;
  bool json = false;
};

result<std::filesystem::path> find_keys_file(session& s) {
  const auto loaded = s.load_settings();
  if (!loaded) return loaded.error();
  auto file = server::keys_file_of(loaded->values);
  if (!file.empty()) return file;
  return error{errc::invalid_argument,
               "no location for API keys; use --data-dir DIR or set server.keys_file"};
}

/// Fails if the folder of the keys file does not exist, which indicates a mistyped path.
result<std::filesystem::path> find_keys_folder(session& s) {
  auto file = find_keys_file(s);
  if (!file) return file;
  const auto folder = file->has_parent_path() ? file->parent_path() : ".";
  std::error_code failed;
  if (std::filesystem::exists(folder, failed)) return file;
  return error{errc::not_found, "no such folder: " + printable(folder.string()) +
                                    "; check --data-dir and server.keys_file"};
}

result<server::key_options> read_key_options(const keys_options& options) {
  server::key_options request{options.name, server::role::reader, options.scopes, {}, wall_clock()};
  const auto role = server::parse_role(options.role);
  if (!role) {
    return error{errc::invalid_argument, "invalid --role " + printable(options.role) +
                                             ": must be one of reader, operator, author, admin"};
  }
  request.role = *role;
  if (request.scopes.empty()) request.scopes = {default_scope().str()};
  if (!options.expires) return request;
  const auto lasts = parse_duration(*options.expires);
  if (!lasts || lasts->count() <= 0) {
    return error{errc::invalid_argument, "invalid --expires " + printable(*options.expires) +
                                             ": must be a positive duration such as 90d"};
  }
  request.lifetime = *lasts;
  return request;
}

std::string scopes_text(const server::stored_key& key) {
  std::string text;
  for (const auto& scope : key.scopes) text += (text.empty() ? "" : ",") + scope;
  return printable(text);
}

exit_code add_key(session& s, const keys_options& options) {
  const auto request = read_key_options(options);
  if (!request) return s.fail(request.error());
  const auto file = find_keys_file(s);
  if (!file) return s.fail(file.error());
  const auto created = server::make_key(*request);
  if (!created) return s.fail(created.error());
  const auto& key = created->stored;
  const auto added = server::change_keys(*file, [&](auto& keys) -> result<void> {
    for (const auto& other : keys) {
      if (other.name == key.name || other.id == key.name || other.name == key.id) {
        return error{errc::already_exists,
                     "key " + printable(key.name) + " already exists; `pawl keys rm` removes it"};
      }
    }
    keys.push_back(key);
    return {};
  });
  if (!added) return s.fail(added.error());
  if (options.json) {
    json shown = server::to_json(key);
    shown["key"] = created->text;
    s.out().line(one_line(shown));
  } else {
    // Standard output has only the key, so that a shell can assign it to a variable.
    s.out().line(created->text);
    s.print_message("API key of " + key.name + " (" + std::string{to_string(key.role)} +
                    ", scope " + scopes_text(key) + "); it is not shown again");
  }
  return exit_code::ok;
}

exit_code list_keys(session& s, const keys_options& options) {
  const auto file = find_keys_folder(s);
  if (!file) return s.fail(file.error());
  const auto keys = server::read_keys(*file);
  if (!keys) return s.fail(keys.error());
  const time_point now = wall_clock();
  if (options.json) {
    for (const auto& key : *keys) {
      json shown = server::to_json(key);
      shown["expired"] = key.has_expired(now);
      s.out().line(one_line(shown));
    }
    return exit_code::ok;
  }
  if (keys->empty()) {
    s.out().line("No keys. Create one with `pawl keys add`.");
    return exit_code::ok;
  }
  std::size_t name_width = 4, scopes_width = 6;
  for (const auto& key : *keys) {
    name_width = std::max(name_width, key.name.size());
    scopes_width = std::max(scopes_width, display_width(scopes_text(key)));
  }
  s.out().line(s.style().paint(tint::dim, "ID            " + pad("NAME", name_width) +
                                              "  ROLE      " + pad("SCOPES", scopes_width) +
                                              "  CREATED                   EXPIRES"));
  for (const auto& key : *keys) {
    const std::string expires =
        !key.expires_at ? "-"
                        : to_rfc3339(*key.expires_at) + (key.has_expired(now) ? " (expired)" : "");
    s.out().line(pad(printable(key.id), 12) + "  " + pad(key.name, name_width) + "  " +
                 pad(std::string{to_string(key.role)}, 8) + "  " +
                 pad(scopes_text(key), scopes_width) + "  " + to_rfc3339(key.created_at) + "  " +
                 expires);
  }
  return exit_code::ok;
}

exit_code remove_key(session& s, const keys_options& options) {
  const auto file = find_keys_folder(s);
  if (!file) return s.fail(file.error());
  std::string removed;
  const auto done = server::change_keys(*file, [&](auto& keys) -> result<void> {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const auto& key) {
      return key.id == options.name || key.name == options.name;
    });
    if (found == keys.end()) {
      return error{errc::not_found,
                   "no such key: " + printable(options.name) + "; `pawl keys ls` lists all keys"};
    }
    removed = found->name;
    keys.erase(found);
    return {};
  });
  if (!done) return s.fail(done.error());
  s.out().line("Removed key " + removed + "; a running server rejects it within a second.");
  return exit_code::ok;
}

void add_keys_add(CLI::App& to, command_line& line) {
  auto options = std::make_shared<keys_options>();
  auto* const cmd =
      add_command(to, "add", "Create an API key and print it. It cannot be printed again.",
                  "Examples:\n"
                  "  pawl keys add ci --role author --scope staging --data-dir ./data\n"
                  "  KEY=$(pawl keys add worker --role operator --expires 90d --data-dir ./data)\n"
                  "  pawl keys add root --role admin --scope '*' --data-dir ./data\n\n"
                  "Only a hash of the key is stored. Roles, in ascending order of rights:\n"
                  "  reader    reads everything except the configuration\n"
                  "  operator  also controls runs and executes tasks as a worker\n"
                  "  author    also changes flows\n"
                  "  admin     has all rights");
  cmd->add_option("NAME", options->name, "Name of the key; appears in the audit log")->required();
  cmd->add_option("--role", options->role, "Rights of the key")
      ->type_name("reader|operator|author|admin")
      ->required();
  cmd->add_option("--scope", options->scopes,
                  "Scope (namespace, tenant) of the key; '*' for all; default: default; repeatable")
      ->type_name("SCOPE")
      ->allow_extra_args(false);
  cmd->add_option("--expires", options->expires, "Lifetime, such as 90d; default: no limit")
      ->type_name("TIME");
  cmd->add_flag("--json", options->json, "Print one JSON object");
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return add_key(s, *options); }; });
}

}  // namespace

void add_keys(CLI::App& to, command_line& line) {
  auto* const group =
      add_command(to, "keys", "Create, list and remove the API keys of a server.",
                  "Keys are stored in the file keys.json in the data folder, or in the file that\n"
                  "server.keys_file names. A running server applies changes within a second.");
  add_keys_add(*group, line);
  auto options = std::make_shared<keys_options>();
  auto* const ls = add_command(*group, "ls", "List the keys without their secrets.",
                               "Example:\n  pawl keys ls --data-dir ./data");
  ls->add_flag("--json", options->json, "Print one JSON object per key");
  ls->callback([&line, options] {
    line.command = [options](session& s) { return list_keys(s, *options); };
  });
  auto* const rm =
      add_command(*group, "rm", "Remove a key.", "Example:\n  pawl keys rm ci --data-dir ./data");
  rm->add_option("KEY", options->name, "Name or id of the key")->required();
  rm->callback([&line, options] {
    line.command = [options](session& s) { return remove_key(s, *options); };
  });
}

}  // namespace pawl::cli
