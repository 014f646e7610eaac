#include "cli/old_engine/old_report.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <string_view>
#include <utility>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>
#include <pawl/json.hpp>

#include "cli/text.hpp"

namespace pawl::cli {
namespace {

result<std::string> sum_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  pawl::detail::sha256_sum sum;
  std::array<char, 1 << 16> part{};
  while (in.read(part.data(), part.size()), in.gcount() > 0)
    sum.add({part.data(), static_cast<std::size_t>(in.gcount())});
  if (!in.eof()) return error{errc::io_failed, "cannot read " + file.string()};
  return pawl::detail::to_hex(sum.finish());
}

/// How many rows of each kind had each outcome, by "flow, changed" and the like.
std::map<std::string, std::uint64_t> counts_of(const old_report& report) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& row : report.rows)
    ++counts[row.kind + ", " + std::string{to_string(row.outcome)}];
  return counts;
}

struct report_line {
  std::string name;
  std::string value;
};

std::vector<report_line> lines_of_head(const old_report& report, const std::string& sum) {
  std::vector<report_line> all{{"database", report.database.string()},
                               {"SHA-256", sum},
                               {"time", to_rfc3339(report.at)},
                               {"written", report.dry_run ? "nothing, this was a dry run" : "yes"}};
  for (const auto& [what, number] : counts_of(report))
    all.push_back({what, std::to_string(number)});
  return all;
}

constexpr std::array<const char*, 3> signed_by = {"Checked by", "Date", "Signature"};
constexpr const char* report_title = "Import of the previous engine's database";

std::string as_text(const old_report& report, const std::string& sum) {
  std::string text = std::string{report_title} + "\n\n";
  for (const auto& [name, value] : lines_of_head(report, sum))
    text += printable(name + ": " + value) + "\n";
  text += "\n";
  for (const auto& row : report.rows) {
    text +=
        printable(row.kind + " " + one_line(row.old) + ": " + std::string{to_string(row.outcome)});
    if (!row.now.empty()) text += printable(", " + one_line(row.now));
    if (!row.status.empty()) text += ", " + row.status;
    if (!row.why.empty()) text += printable(": " + row.why);
    text += "\n";
  }
  text += "\n";
  for (const char* const line : signed_by)
    text += std::string{line} + ": ______________________________\n";
  return text;
}

std::string as_json(const old_report& report, const std::string& sum) {
  json rows = json::array();
  for (const auto& row : report.rows) {
    rows.push_back({{"kind", row.kind},
                    {"old", row.old},
                    {"now", row.now},
                    {"outcome", to_string(row.outcome)},
                    {"status", row.status},
                    {"why", row.why}});
  }
  return indented({{"database", report.database.string()},
                   {"sha256", sum},
                   {"at", to_rfc3339(report.at)},
                   {"dry_run", report.dry_run},
                   {"totals", to_json(report.totals)},
                   {"rows", std::move(rows)}}) +
         "\n";
}

std::string as_html(const old_report& report, const std::string& sum) {
  std::string text =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" +
      markup_text(report_title) +
      "</title>\n<style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}"
      "th,td{border:1px solid #999;padding:.2em .5em;text-align:left;vertical-align:top;"
      "overflow-wrap:anywhere}</style>\n</head>\n<body>\n<h1>" +
      markup_text(report_title) + "</h1>\n<table>\n";
  for (const auto& [name, value] : lines_of_head(report, sum))
    text += "<tr><th>" + markup_text(name) + "</th><td>" + markup_text(value) + "</td></tr>\n";
  text +=
      "</table>\n<h2>Rows</h2>\n<table>\n<tr><th>kind</th><th>previous engine</th>"
      "<th>outcome</th><th>Pawl</th><th>status</th><th>why</th></tr>\n";
  for (const auto& row : report.rows) {
    text += "<tr>";
    for (const std::string& cell :
         {row.kind, row.old, std::string{to_string(row.outcome)}, row.now, row.status, row.why})
      text += "<td>" + markup_text(cell) + "</td>";
    text += "</tr>\n";
  }
  text += "</table>\n";
  for (const char* const line : signed_by)
    text += std::string{"<p>"} + line + ": ______________________________</p>\n";
  return text + "</body>\n</html>\n";
}

}  // namespace

std::optional<report_form> report_form_of(const std::filesystem::path& file) {
  const std::string ending = file.extension().string();
  if (ending == ".txt") return report_form::text;
  if (ending == ".json") return report_form::json;
  if (ending == ".html") return report_form::html;
  return std::nullopt;
}

result<std::string> render(const old_report& report, report_form form) {
  const auto sum = sum_of(report.database);
  if (!sum) return sum.error();
  switch (form) {
    case report_form::text:
      return as_text(report, *sum);
    case report_form::json:
      return as_json(report, *sum);
    case report_form::html:
      break;
  }
  return as_html(report, *sum);
}

result<void> write_report(const old_report& report, report_form form,
                          const std::filesystem::path& file) {
  const auto text = render(report, form);
  if (!text) return text.error();
  std::ofstream out{file, std::ios::binary | std::ios::trunc};
  out << *text;
  out.close();
  if (out) return {};
  return error{errc::io_failed,
               "cannot write the report " + file.string() + ": " + std::strerror(errno)};
}

}  // namespace pawl::cli
