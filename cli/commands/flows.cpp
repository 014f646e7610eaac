#include <algorithm>

#include "cli/commands/commands.hpp"
#include "cli/flow_check.hpp"
#include "cli/flow_file.hpp"
#include "cli/flow_text.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "flow/definition/short_form.hpp"

namespace pawl::cli {
namespace {

struct flow_options {
  std::string name;  ///< of a flow, or of a file for `put`
  std::optional<std::string> version;
  bool no_publish = false;
  flow_check check;        ///< for `put`
  bool long_form = false;  ///< for `show`
  bool json = false;
};

/// `text`: the numbers or the label of a version.
result<std::optional<version>> find_version_option(target& open, const flow_name& flow,
                                                   const std::optional<std::string>& text) {
  if (!text) return std::optional<version>{};
  const auto found = open.find_version(flow, *text);
  if (!found) return error{found.error().code, "--version: " + found.error().message};
  return std::optional{*found};
}

result<std::optional<version>> parse_version_option(const std::optional<std::string>& text) {
  if (!text) return std::optional<version>{};
  const auto parsed = parse_version(*text);
  if (!parsed) return error{errc::invalid_argument, "--version: " + parsed.error().message};
  return std::optional{*parsed};
}

exit_code list_flows(session& s, target& open, bool as_json) {
  const auto flows = open.list_flows();
  if (!flows) return s.fail(flows.error());
  std::size_t width = 4;
  for (const auto& f : flows->flows)
    width = std::max(width, display_width(printable(f.name.str())));
  if (!as_json && !flows->flows.empty())
    s.out().line(s.style().paint(tint::dim, pad("NAME", width) + "  LATEST    PUBLISHED"));
  for (const auto& f : flows->flows) {
    const std::string published = f.published ? to_string(*f.published) : "-";
    if (as_json) {
      s.out().line(one_line(to_json(f)));
    } else {
      s.out().line(pad(printable(f.name.str()), width) + "  " + pad(to_string(f.latest), 8) + "  " +
                   published);
    }
  }
  if (flows->flows.empty() && flows->damaged.empty() && !as_json)
    s.out().line("No flows. Store one with `pawl flows put` or `pawl run`.");
  return report_damaged(s, flows->damaged);
}

exit_code show_flow(session& s, target& open, const flow_options& options) {
  const auto name = parse_flow_name(options.name);
  if (!name) return s.fail(name.error());
  const auto requested = find_version_option(open, *name, options.version);
  if (!requested) return s.fail(requested.error());
  const auto flow = open.get_flow(*name, *requested);
  if (!flow) return s.fail(flow.error());
  if (!options.json) {
    const bool is_written = flow->written && !options.long_form;
    const auto shown = flow::in_reading_order(is_written ? *flow->written : flow->definition);
    s.out().write(printable_lines(json_text(shown)));
    return exit_code::ok;
  }
  s.out().line(one_line(to_json(*flow)));
  return exit_code::ok;
}

exit_code put_flow(session& s, const flow_options& options) {
  const auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  const auto requested = parse_version_option(options.version);
  if (!requested) return s.fail(requested.error());
  const auto file = read_flow_file(options.name, loaded->values);
  if (!file) return s.fail(file.error());
  auto diagnostics = file->compiled.diagnostics;
  if (options.check.strict) {
    const auto known = known_functions(s, loaded->values, options.check, s.uses_server());
    if (!known) return s.fail(known.error());
    for (auto& d : unknown_functions(*file, *known, severity::warning))
      diagnostics.push_back(std::move(d));
  }
  for (const auto& d : diagnostics) write_error(describe(*file, d));
  const auto good = check_diagnostics(*file, diagnostics, options.check, "the flow was not stored");
  if (!good) return s.fail(good.error());
  const auto opened = s.open_target(loaded->values, store_use::create);
  if (!opened) return s.fail(opened.error());
  exit_code code = exit_code::ok;
  const auto stored = (*opened)->put_flow(file->source, {*requested, !options.no_publish});
  if (!stored) {
    code = s.fail(stored.error());
  } else if (options.json) {
    s.out().line(one_line({{"name", stored->id.name.str()},
                           {"version", to_string(stored->id.version)},
                           {"created", stored->created},
                           {"published", !options.no_publish}}));
  } else {
    s.out().line(std::string{stored->created ? "Stored " : "Unchanged: "} +
                 printable(to_string(stored->id)) + (options.no_publish ? "" : ", published") +
                 ".");
  }
  return s.close(**opened, code);
}

exit_code list_versions(session& s, target& open, const flow_options& options) {
  const auto name = parse_flow_name(options.name);
  if (!name) return s.fail(name.error());
  const auto versions = open.flow_versions(*name);
  if (!versions) return s.fail(versions.error());
  if (!options.json)
    s.out().line(s.style().paint(tint::dim, "VERSION   STORED                PUBLISHED"));
  for (const auto& each : versions->versions) {
    if (options.json) {
      s.out().line(one_line({{"name", each.id.name.str()},
                             {"version", to_string(each.id.version)},
                             {"published", each.published},
                             {"created_at", to_rfc3339(each.created_at)}}));
    } else {
      s.out().line(pad(to_string(each.id.version), 8) + "  " + time_text(each.created_at) +
                   (each.published ? "  yes" : ""));
    }
  }
  return report_damaged(s, versions->damaged);
}

exit_code publish_version(session& s, target& open, const flow_options& options) {
  const auto name = parse_flow_name(options.name);
  if (!name) return s.fail(name.error());
  const auto requested = open.find_version(*name, *options.version);
  if (!requested) return s.fail(requested.error());
  const flow_version_id id{*name, *requested};
  if (const auto done = open.publish_flow(id); !done) return s.fail(done.error());
  s.out().line("Published " + printable(to_string(id)) + "; new runs use it.");
  return exit_code::ok;
}

struct removal {
  std::vector<std::string> names;
  bool yes = false;
};

result<std::vector<flow_name>> parse_flow_names(const std::vector<std::string>& texts) {
  std::vector<flow_name> names;
  for (const auto& text : texts) {
    auto name = parse_flow_name(text);
    if (!name) return std::move(name).error();
    if (std::find(names.begin(), names.end(), *name) == names.end())
      names.push_back(*std::move(name));
  }
  return names;
}

/// Removes each flow. Continues after an error; returns the exit code of the first error.
exit_code remove_flows(session& s, target& open, const removal& given) {
  const auto names = parse_flow_names(given.names);
  if (!names) return s.fail(names.error());
  const std::string these = names->size() == 1 ? "flow " + printable(names->front().str())
                                               : counted(names->size(), "flow");
  if (!given.yes && !s.is_confirmed("remove " + these + "?"))
    return s.fail(exit_code::usage, "nothing was removed. Use --yes to remove " + these);
  exit_code code = exit_code::ok;
  for (const auto& name : *names) {
    if (const auto deleted = open.delete_flow(name); deleted) {
      s.out().line("Removed " + printable(name.str()) + ".");
    } else if (const exit_code failed = s.fail(deleted.error()); code == exit_code::ok) {
      code = failed;
    }
  }
  return code;
}

/// Opens a target, runs an action on it and closes it.
template <class Action>
exit_code with_target(session& s, store_use use, Action action) {
  const auto opened = s.open_target(use);
  if (!opened) return s.fail(opened.error());
  const exit_code code = action(**opened);
  return s.close(**opened, code);
}

void add_put(CLI::App& to, command_line& line) {
  auto options = std::make_shared<flow_options>();
  auto* const cmd = add_command(
      to, "put", "Validate a flow definition and store it as a version.",
      "Examples:\n"
      "  pawl flows put order.yaml --data-dir ./data\n"
      "  pawl flows put order.json --version 2.0.0 --no-publish --data-dir ./data\n\n"
      "The default version is the next patch version, or the latest version if it has\n"
      "the same definition. A stored version never changes, and a run keeps the version\n"
      "it was started with. --strict also refuses unknown functions.");
  cmd->add_option("FLOW", options->name, "File with the definition, or - for standard input")
      ->required();
  cmd->add_option("--version", options->version, "Version to store")->type_name("X.Y.Z");
  cmd->add_flag("--no-publish", options->no_publish,
                "Do not publish the version: new runs do not use it");
  add_flow_check(*cmd, options->check);
  cmd->add_flag("--json", options->json, "Print one JSON object");
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return put_flow(s, *options); }; });
}

void add_versions(CLI::App& to, command_line& line) {
  auto options = std::make_shared<flow_options>();
  auto* const cmd = add_command(to, "versions", "List the versions of a flow, oldest first.",
                                "Example:\n  pawl flows versions order --data-dir ./data");
  cmd->add_option("NAME", options->name, "Flow name")->required();
  cmd->add_flag("--json", options->json, "Print one JSON object per version");
  cmd->callback([&line, options] {
    line.command = [options](session& s) {
      return with_target(s, store_use::read,
                         [&](target& open) { return list_versions(s, open, *options); });
    };
  });
}

void add_publish(CLI::App& to, command_line& line) {
  auto options = std::make_shared<flow_options>();
  auto* const cmd = add_command(to, "publish", "Select the version that new runs use.",
                                "Example:\n  pawl flows publish order 1.0.1 --data-dir ./data");
  cmd->add_option("NAME", options->name, "Flow name")->required();
  cmd->add_option("VERSION", options->version, "A stored version, or its label")->required();
  cmd->callback([&line, options] {
    line.command = [options](session& s) {
      return with_target(s, store_use::existing,
                         [&](target& open) { return publish_version(s, open, *options); });
    };
  });
}

void add_rm(CLI::App& to, command_line& line) {
  auto given = std::make_shared<removal>();
  auto* const cmd =
      add_command(to, "rm", "Remove flows. Removed flows are not listed and cannot be started.",
                  "Examples:\n"
                  "  pawl flows rm order --data-dir ./data\n"
                  "  pawl flows rm order refund --yes --server http://127.0.0.1:7717\n\n"
                  "A flow with unfinished runs cannot be removed. Finished runs stay as they are.\n"
                  "Version numbers of a removed flow are not reused.");
  cmd->add_option("NAME", given->names, "Flow names")->required();
  cmd->add_flag("--yes", given->yes, "Do not ask for confirmation");
  cmd->callback([&line, given] {
    line.command = [given](session& s) {
      return with_target(s, store_use::existing,
                         [&](target& open) { return remove_flows(s, open, *given); });
    };
  });
}

}  // namespace

void add_flows(CLI::App& to, command_line& line) {
  auto* const group = add_command(to, "flows", "List, show, store and publish flows.",
                                  "Examples:\n"
                                  "  pawl flows put order.json --data-dir ./data\n"
                                  "  pawl flows ls --server http://127.0.0.1:7717");
  auto* const ls =
      add_command(*group, "ls", "List flows.", "Example:\n  pawl flows ls --data-dir ./data");
  auto options = std::make_shared<flow_options>();
  ls->add_flag("--json", options->json, "Print one JSON object per flow");
  ls->callback([&line, options] {
    line.command = [options](session& s) {
      return with_target(s, store_use::read,
                         [&](target& open) { return list_flows(s, open, options->json); });
    };
  });
  auto* const show = add_command(*group, "show", "Print the definition of a flow.",
                                 "Example:\n"
                                 "  pawl flows show order --version 1.0.2 --data-dir ./data\n\n"
                                 "A flow that was stored in the short form is printed in it.");
  show->add_option("NAME", options->name, "Flow name")->required();
  show->add_option("--version", options->version,
                   "Version, or its label; default: the published one")
      ->type_name("X.Y.Z");
  show->add_flag("--long", options->long_form, "Print the long form, with nodes and edges");
  show->add_flag("--json", options->json, "Print one JSON object with definition and metadata");
  show->callback([&line, options] {
    line.command = [options](session& s) {
      return with_target(s, store_use::read,
                         [&](target& open) { return show_flow(s, open, *options); });
    };
  });
  add_put(*group, line);
  add_flows_convert(*group, line);
  add_flows_graph(*group, line);
  add_versions(*group, line);
  add_publish(*group, line);
  add_rm(*group, line);
}

}  // namespace pawl::cli
