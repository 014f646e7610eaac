#include <filesystem>

#include "cli/commands/commands.hpp"
#include "cli/flow_check.hpp"
#include "cli/flow_drawing.hpp"

namespace pawl::cli {
namespace {

struct graph_options {
  std::string flow;
  std::string format = "mermaid";
};

/// The definition in a file or, if no such file exists and the name is not one of a file, of a
/// stored flow.
result<flow::definition> find_definition(session& s, const std::string& named) {
  const auto loaded = s.load_settings();
  if (!loaded) return loaded.error();
  std::error_code failed;
  if (named == "-" || has_flow_extension(named) || std::filesystem::exists(named, failed)) {
    auto file = read_valid_flow(named, loaded->values, "it was not drawn");
    if (!file) return std::move(file).error();
    return std::move(file->compiled.source);
  }
  const auto name = parse_flow_name(named);
  if (!name) return name.error();
  auto open = s.open_target(loaded->values, store_use::read);
  if (!open) return std::move(open).error();
  const auto stored = (*open)->get_flow(*name, {});
  if (!stored) return stored.error();
  std::vector<diagnostic> diagnostics;
  return flow::parse_definition(stored->definition, diagnostics);
}

exit_code draw(session& s, const graph_options& options) {
  const auto found = find_definition(s, options.flow);
  if (!found) return s.fail(found.error());
  s.out().write(options.format == "dot"   ? dot_of(*found)
                : options.format == "svg" ? svg_of(*found)
                                          : mermaid_of(*found));
  return exit_code::ok;
}

}  // namespace

void add_flows_graph(CLI::App& to, command_line& line) {
  auto options = std::make_shared<graph_options>();
  auto* const cmd = add_command(
      to, "graph",
      "Write the picture of a flow, or its graph for other programs, to standard output.",
      "Examples:\n"
      "  pawl flows graph order.yaml                      # Mermaid, for Markdown\n"
      "  pawl flows graph order.yaml --format svg > order.svg\n"
      "  pawl flows graph order.yaml --format dot | dot -Tpdf > order.pdf\n"
      "  pawl flows graph order --server http://127.0.0.1:7717");
  cmd->add_option("FLOW", options->flow, "File, - for standard input, or name of a stored flow")
      ->required();
  cmd->add_option("--format", options->format, "Format; default: mermaid")
      ->check(CLI::IsMember({"mermaid", "dot", "svg"}).description(""))
      ->type_name("mermaid|dot|svg");
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return draw(s, *options); }; });
}

}  // namespace pawl::cli
