#include "cli/commands/commands.hpp"
#include "cli/flow_check.hpp"
#include "cli/flow_format.hpp"
#include "cli/flow_text.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct convert_options {
  std::string file;
  std::string to;
};

exit_code convert(session& s, const convert_options& options) {
  const auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  const auto flow = read_valid_flow(options.file, loaded->values, "it was not converted");
  if (!flow) return s.fail(flow.error());
  const auto form = options.to == "long" ? flow_form::long_form : flow_form::short_form;
  const auto made = in_form(*flow, form);
  s.out().write(printable_lines(options.to == "yaml" ? yaml_text(made) : json_text(made)));
  return exit_code::ok;
}

}  // namespace

void add_flows_convert(CLI::App& to, command_line& line) {
  auto options = std::make_shared<convert_options>();
  auto* const cmd = add_command(
      to, "convert", "Write a flow in another form to standard output.",
      "Examples:\n"
      "  pawl flows convert order.json --to yaml > order.yaml\n"
      "  pawl flows convert order.yaml --to long\n\n"
      "long: JSON with nodes and edges. short: JSON in the short form. yaml: YAML in\n"
      "the short form. Comments of YAML, and what editors keep on edges, are left out.");
  cmd->add_option("FILE", options->file, "File with a flow definition, or - for standard input")
      ->required();
  cmd->add_option("--to", options->to, "Form to write")
      ->required()
      ->check(CLI::IsMember({"long", "short", "yaml"}).description(""))
      ->type_name("long|short|yaml");
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return convert(s, *options); }; });
}

}  // namespace pawl::cli
