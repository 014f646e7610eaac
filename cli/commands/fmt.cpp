#include "cli/commands/commands.hpp"
#include "cli/flow_check.hpp"
#include "cli/flow_format.hpp"
#include "cli/flow_text.hpp"
#include "cli/replace_file.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct fmt_options {
  std::string file;
  bool check = false;
  bool write = false;
  bool force = false;
};

std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const auto& part : parts) all += (all.empty() ? "" : " and ") + part;
  return all;
}

exit_code overwrite(session& s, const fmt_options& options, const flow_file& flow,
                    const std::string& text) {
  if (text == flow.text) return exit_code::ok;
  if (const auto lost = lost_in_form(flow); !lost.empty() && !options.force) {
    return s.fail(exit_code::usage, flow.name + " was not changed: its " + joined(lost) +
                                        " would be lost. Use --force to write it all the same");
  }
  if (const auto written = replace_file(options.file, text); !written)
    return s.fail(written.error());
  s.out().line("Formatted " + flow.name + ".");
  return exit_code::ok;
}

exit_code format(session& s, const fmt_options& options) {
  const auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  if (options.write && options.file == "-")
    return s.fail(exit_code::usage, "--write needs a file, not standard input");
  const auto flow = read_valid_flow(options.file, loaded->values, "it was not formatted");
  if (!flow) return s.fail(flow.error());
  const auto brief = in_form(*flow, flow_form::short_form);
  const std::string text = flow->yaml ? yaml_text(brief) : json_text(brief);
  if (options.check) {
    if (text == flow->text) return exit_code::ok;
    s.out().line(flow->name + ": not formatted; use `pawl fmt --write`");
    return exit_code::run_failed;
  }
  if (options.write) return overwrite(s, options, *flow, text);
  s.out().write(printable_lines(text));
  return exit_code::ok;
}

}  // namespace

void add_fmt(CLI::App& to, command_line& line) {
  auto options = std::make_shared<fmt_options>();
  auto* const cmd = add_command(
      to, "fmt", "Write a flow in the short form, with its keys in one order.",
      "Examples:\n"
      "  pawl fmt order.json\n"
      "  pawl fmt order.yaml --write\n"
      "  pawl fmt order.yaml --check\n\n"
      "JSON stays JSON, and YAML stays YAML. Comments of YAML, and what editors keep\n"
      "on edges, are lost; --write refuses then, unless --force is given. --check exits\n"
      "with 1 if the file would change.");
  cmd->add_option("FLOW", options->file, "File with a flow definition, or - for standard input")
      ->required();
  auto* const check =
      cmd->add_flag("--check", options->check, "Only report whether the file is formatted");
  auto* const write =
      cmd->add_flag("--write", options->write, "Write the file, in place of standard output");
  write->excludes(check);
  cmd->add_flag("--force", options->force, "Write although comments or notes on edges are lost")
      ->needs(write);
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return format(s, *options); }; });
}

}  // namespace pawl::cli
