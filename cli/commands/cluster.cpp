#include <string>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/json_members.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

std::string number_text(const json& of, const char* key) {
  const json& number = member(of, key);
  return number.is_number_unsigned() ? std::to_string(number.get<std::uint64_t>()) : "?";
}

void print_cluster(output& out, const json& known) {
  const auto row = [&](const char* name, const std::string& value) {
    if (!value.empty()) out.line(pad(name, 12) + printable(value));
  };
  const std::string owner = text_in(known, "owner"), url = text_in(known, "owner_url");
  row("role", text_in(known, "role"));
  row("node", text_in(known, "node"));
  row("owner", owner + (url.empty() ? "" : (owner.empty() ? "" : "  ") + url));
  if (text_in(known, "role") == "single") return;
  row("epoch", number_text(known, "epoch"));
  if (const auto since = parse_rfc3339(text_in(known, "since"))) row("since", time_text(*since));
  if (known.contains("lease_age_ms")) row("lease", number_text(known, "lease_age_ms") + " ms old");
  row("takeovers", number_text(known, "takeovers"));
  row("losses", number_text(known, "losses"));
  const json& survives = member(known, "survives");
  if (!survives.is_object()) return;
  row("commits", flag_in(survives, "machine_loss") ? "survive the loss of the database's machine"
                 : flag_in(survives, "power_loss")
                     ? "survive a power failure of the database's machine, not its loss"
                     : "survive the death of the server only");
}

exit_code show_cluster(session& s, bool as_json) {
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  const auto known = (*opened)->cluster();
  if (!known) return s.close(**opened, s.fail(known.error()));
  if (as_json) {
    s.out().line(one_line(*known));
  } else {
    print_cluster(s.out(), *known);
  }
  return s.close(**opened, exit_code::ok);
}

}  // namespace

void add_cluster(CLI::App& to, command_line& line) {
  auto as_json = std::make_shared<bool>(false);
  auto* const cmd = add_command(to, "cluster", "Show who owns the store of a server.",
                                "Example:\n  pawl cluster --server http://127.0.0.1:7717");
  cmd->add_flag("--json", *as_json, "Print one JSON object");
  cmd->callback([&line, as_json] {
    line.command = [as_json](session& s) { return show_cluster(s, *as_json); };
  });
}

}  // namespace pawl::cli
