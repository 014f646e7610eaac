#include "cli/help.hpp"

#include <algorithm>

#include "cli/text.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t text_width = 80;
constexpr std::size_t max_label_width = 28;

struct row {
  std::string label;
  std::string text;
};

/// Wraps `text` between words. Continuation lines are indented by `indent` spaces.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string all;
  std::size_t column = indent;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (column > indent && column + 1 + word.size() > text_width) {
      all += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      all += ' ';
      ++column;
    }
    all += word;
    column += word.size();
    begin = end + 1;
  }
  return all;
}

std::string table(const std::string& title, const std::vector<row>& rows) {
  if (rows.empty()) return {};
  std::size_t width = 0;
  for (const auto& r : rows) width = std::max(width, std::min(r.label.size(), max_label_width));
  std::string all = "\n" + title + ":\n";
  for (const auto& r : rows) {
    std::string label = "  " + pad(r.label, width) + "  ";
    if (r.label.size() > width) label = "  " + r.label + "\n" + std::string(width + 4, ' ');
    all += label + wrapped(r.text, width + 4) + "\n";
  }
  return all;
}

row describe(const CLI::Option& option) {
  std::string label =
      option.get_positional() ? option.get_name(true) : option.get_name(false, true);
  label.erase(std::min(label.find('{'), label.size()));  // of a flag that switches off: "{false}"
  std::replace(label.begin(), label.end(), ',', ' ');
  if (!option.get_positional() && option.get_items_expected_max() > 0)
    label += " " + option.get_type_name();
  return {label, option.get_description()};
}

/// True for the commands that create the data folder.
bool creates_folder(const std::string& path) {
  return path == "pawl run" || path == "pawl serve" || path == "pawl flows put" ||
         path == "pawl keys add";
}

/// `settings`: omits --help and --version.
std::vector<row> options_of(const CLI::App& app, bool positional, bool settings = false) {
  std::vector<row> rows;
  for (const auto* option : app.get_options())
    if (option->get_positional() == positional &&
        !(settings && (option == app.get_help_ptr() || option == app.get_version_ptr())))
      rows.push_back(describe(*option));
  return rows;
}

std::string usage(const CLI::App& app, const std::string& name) {
  std::string line = "\nUsage: " + name;
  for (const auto* option : app.get_options()) {
    if (!option->get_positional()) continue;
    std::string word = option->get_name(true);
    if (option->get_items_expected_max() > 1) word += "...";
    line += " " + (option->get_required() ? word : "[" + word + "]");
  }
  if (!app.get_subcommands([](const CLI::App*) { return true; }).empty()) line += " COMMAND";
  return line + " [OPTIONS]\n";
}

const CLI::App* root_of(const CLI::App* app) {
  while (app->get_parent() != nullptr) app = app->get_parent();
  return app;
}

}  // namespace

std::string help_formatter::make_help(const CLI::App* app, std::string name,
                                      CLI::AppFormatMode) const {
  const CLI::App* const root = root_of(app);
  std::string path = app->get_name();
  for (const auto* up = app->get_parent(); up != nullptr; up = up->get_parent())
    path = up->get_name() + " " + path;
  if (path.empty()) path = std::move(name);
  std::string help = wrapped(app->get_description(), 0) + "\n" + usage(*app, path);
  help += table("Arguments", options_of(*app, true));
  std::vector<row> commands;
  for (const auto* sub : app->get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back({sub->get_name(), sub->get_description()});
  help += table("Commands", commands);
  if (app != root) help += table("Options", options_of(*app, false));
  auto common = options_of(*root, false, app != root);
  for (auto& each : common)
    if (each.label.starts_with("--data-dir") && creates_folder(path))
      each.text += "; created if it does not exist";
  help += table(app == root ? "Options" : "Common options", common);
  if (!app->get_footer().empty()) help += "\n" + app->get_footer() + "\n";
  return help;
}

}  // namespace pawl::cli
